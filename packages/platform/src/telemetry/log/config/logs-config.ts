import { nearest } from "@millrace/core";
import { z } from "zod";
import { database } from "../sinks/database/options.ts";
import { logLevel, type LogSinkSpec } from "./log-sink-spec.ts";

const texts = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const rule = z.strictObject({
  /** Which records it is about: all that fit everything that is given. `*` in a text stands for anything. */
  when: z.strictObject({
    /** Of at least this level. */
    level: logLevel.optional(),
    /** Of these pipelines. */
    pipeline: texts.optional(),
    /** Of pipelines of these groups. */
    group: texts.optional(),
    /** Said by this part, such as `millrace.*`. */
    logger: texts.optional(),
    /** Only lines that a program wrote by itself. */
    stream: z.enum(["stdout", "stderr"]).optional(),
    /** With these fields; a name with dots reaches into objects. */
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  }),
  /** Names of the sinks that they go to; none: nowhere. */
  to: z.array(z.string()),
  /** The lowest level that goes there, in place of the sinks' own. */
  level: logLevel.optional(),
});

const sink = z.custom<LogSinkSpec>(
  (value) => typeof value === "object" && value !== null && "open" in value && "limits" in value,
  { message: "must be a sink such as logTo.stdout()" },
);

/** `logs` of millrace.config.ts. */
export const logsConfig = z
  .strictObject({
    /** The lowest level that runs and Millrace itself say. Default `info`. */
    level: logLevel.default("info"),
    /** Where lines go, besides the control database. */
    sinks: z.array(sink).default([]),
    /** The first rule that fits decides where a line goes. Default: to every sink that takes its level. */
    rules: z.array(rule).default([]),
    /** Names whose values are never logged, besides `password`, `token` and the like; as the ends of names. */
    redact: z.array(z.string().min(1)).default([]),
    /** How long lines stay in the control database, in days. Default 30. `millrace prune` removes what is older. */
    keepDays: z.number().int().min(1).default(30),
  })
  .superRefine((config, context) => {
    const names = withDatabase(config.sinks).map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      context.addIssue({
        code: "custom",
        path: ["sinks", index],
        message: `there are two sinks "${name}": give one another name`,
      });
    }
    for (const [index, { to }] of config.rules.entries()) {
      for (const name of to.filter((wanted) => !names.includes(wanted))) {
        const guess = nearest(name, names);
        const known = guess === undefined ? `there are: ${names.join(", ")}` : `did you mean "${guess}"?`;
        context.addIssue({
          code: "custom",
          path: ["rules", index, "to"],
          message: `there is no sink "${name}"; ${known}`,
        });
      }
    }
  });

/** What `logs` of millrace.config.ts may say. */
export type LogsInput = z.input<typeof logsConfig>;
/** The same with its defaults. */
export type LogsConfig = z.output<typeof logsConfig>;

/** The sinks, the control database among them. */
export function withDatabase(sinks: readonly LogSinkSpec[]): readonly LogSinkSpec[] {
  return sinks.some(({ kind }) => kind === "database") ? sinks : [database(), ...sinks];
}
