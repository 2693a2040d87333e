import { nearest, timeZoneProblem } from "@millrace/core";
import { z } from "zod";
import { EVENT_FIELDS, EVENT_TYPES, type EventType } from "../events/platform-event.ts";
import type { Channel, ChannelFunction } from "./channel.ts";
import { duration } from "./duration.ts";
import { SEVERITIES } from "./severity.ts";

const severity = z.enum(SEVERITIES);
const names = z.array(z.string().min(1)).min(1);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 22:00");

const quietHours = z
  .strictObject({
    /** When they begin, `22:00`. */
    from: timeOfDay,
    /** When they end; earlier than `from` is on the next day. */
    to: timeOfDay,
    /** Whose times they are, such as `Europe/Berlin`. Default `UTC`. */
    timeZone: z
      .string()
      .superRefine((name, issues) => {
        const problem = timeZoneProblem(name);
        if (problem !== undefined) issues.addIssue({ code: "custom", message: problem });
      })
      .default("UTC"),
    /** What is at least this severe is sent all the same. Default `critical`. */
    except: severity.default("critical"),
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], message: "must differ from `from`" });

const step = z.strictObject({
  /** How long a problem has to last, such as `"30 minutes"`. */
  after: duration,
  /** Names of the channels that are told then. */
  to: names,
});

const rule = z
  .strictObject({
    /** A name for people, and by which the rule is known when it is changed. Default: made of what it says. */
    name: z.string().min(1).max(100).optional(),
    /** Types of events, such as `"run.finished"`. */
    on: z.array(z.enum(EVENT_TYPES as [EventType, ...EventType[]])).min(1),
    /** What the event's data has to say: field → value, or several values of which one has to be it. `error.code` is a field of a field. */
    when: z.record(z.string().min(1), z.union([scalar, z.array(scalar).min(1)])).optional(),
    /** Only pipelines of these groups; `*` stands for anything. Default: all. */
    groups: names.optional(),
    /** Only these pipelines; `*` stands for anything. Default: all. */
    pipelines: names.optional(),
    /** Only what is at least this severe. Default: everything. */
    severity: severity.optional(),
    /** Makes what is less severe this severe. Default: as it is. */
    raiseTo: severity.optional(),
    /** Names of channels. */
    to: names,
    /** At most one message in this time; what comes in between is told in the next one. Default: no limit. */
    throttle: duration.optional(),
    /** Messages are gathered for this long, and sent as one. Default: each is sent at once. */
    digest: duration.optional(),
    /** When nothing is sent; what is not excepted waits for their end. Default: none. */
    quietHours: quietHours.optional(),
    /** Who else is told of a problem that lasts, and when; several steps are an array. Default: nobody. */
    escalate: z.union([step, z.array(step).min(1).max(10)]).optional(),
    /** How often a problem that lasts is told again; `false`: never. Default `"1 day"`. */
    remind: z.union([duration, z.literal(false)]).default(86_400_000),
    /** Tells, once, that a problem is over. Default true. */
    recovery: z.boolean().default(true),
  })
  .superRefine(({ on, when = {} }, issues) => {
    for (const [field, wanted] of Object.entries(when)) {
      const message = whenProblem(on, field, wanted);
      if (message !== undefined) issues.addIssue({ code: "custom", path: ["when", field], message });
    }
  });

const channel = z.custom<Channel | ChannelFunction>(
  (value) =>
    typeof value === "function" ||
    (typeof value === "object" && value !== null && "send" in value && typeof value.send === "function"),
  { message: "must be a channel such as slack({ url }), or a function" },
);

/** The option `notifications` of a project's configuration. */
export const notificationsOptions = z
  .strictObject({
    /** Ways to people: name → `slack(…)`, `teams(…)`, `telegram(…)`, `email(…)`, `webhook(…)` or a function. */
    channels: z.record(
      z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i, "must be a word of letters, digits, - and _"),
      channel,
    ),
    /** What is told to whom. Default: nothing. */
    rules: z.array(rule).default([]),
    /** What messages call this installation. Default: the machine's name. */
    from: z.string().min(1).max(100).optional(),
  })
  .superRefine(({ channels, rules }, issues) => {
    const known = Object.keys(channels);
    for (const [index, each] of rules.entries()) {
      const steps = [each.escalate ?? []].flat();
      for (const name of [...each.to, ...steps.flatMap(({ to }) => to)]) {
        if (known.includes(name)) continue;
        const guess = nearest(name, known);
        const hint =
          guess === undefined ? `there are: ${known.join(", ") || "none"}` : `did you mean "${guess}"?`;
        issues.addIssue({
          code: "custom",
          path: ["rules", index, "to"],
          message: `there is no channel "${name}"; ${hint}`,
        });
      }
      if (each.name !== undefined && rules.findIndex((other) => other.name === each.name) !== index)
        issues.addIssue({
          code: "custom",
          path: ["rules", index, "name"],
          message: "two rules have this name",
        });
    }
  });

/** What a project says of notifications. */
export type NotificationsOptions = z.input<typeof notificationsOptions>;
/** A rule with the defaults filled in; times are milliseconds. */
export type ResolvedRule = z.output<typeof rule>;
/** Hours in which nothing is sent. */
export type QuietHours = z.output<typeof quietHours>;

/** Why a condition can never be met; undefined where it can. */
function whenProblem(on: readonly EventType[], field: string, wanted: unknown): string | undefined {
  const [first = ""] = field.split(".");
  const fields = on.map(
    (type): Readonly<Record<string, readonly unknown[] | undefined>> => EVENT_FIELDS[type],
  );
  const having = fields.filter((each) => first in each);
  if (having.length === 0) {
    const known = [...new Set(fields.flatMap((each) => Object.keys(each)))];
    const guess = nearest(first, known);
    return `${on.join(" and ")} have no such field; ${guess === undefined ? `there are: ${known.join(", ")}` : `did you mean "${guess}"?`}`;
  }
  const choices = having.map((each) => each[first]);
  if (choices.includes(undefined)) return undefined;
  const allowed = choices.flatMap((each) => each ?? []);
  const wrong = [wanted].flat().find((value) => !allowed.includes(value));
  return wrong === undefined
    ? undefined
    : `it is never ${JSON.stringify(wrong)}; choose of: ${allowed.join(", ")}`;
}
