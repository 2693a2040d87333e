import { z } from "zod";
import { interval } from "../shared/sampling/index.ts";
import type { SamplingReader, SamplingWriter } from "../shared/sampling/index.ts";
import { contextOptions } from "./collector/context-options.ts";
import type { SamplingListener } from "./collector/listener.ts";
import type { AnyPlan } from "./plan/plan-source.ts";
import { alarmOptions } from "./process/alarm-options.ts";
import { exceptionOptions } from "./process/exception-report.ts";
import { windowOptions } from "./process/window-options.ts";

const plan = z.custom<AnyPlan>((value) => typeof value === "object" && value !== null, {
  message: "must be an array of variables, a plan, or where one comes from such as csvPlan({ path })",
});

/** Options of `sampling()`. */
export const samplingOptions = z.strictObject({
  /** What is sampled: an array of variables, `{ id, variables }`, or where they come from: `csvPlan()`, `tablePlan()`, `browse()` of an OPC UA reader. */
  plan,
  /** What reads the variables: `modbus()`, `opcua()`, `mqttReader()`, `simulator()`, `httpReader()`, `sqlReader()`, or your own. */
  readers: z
    .array(
      z.custom<SamplingReader>(
        (value) => typeof value === "object" && value !== null && "read" in value && "name" in value,
        { message: "must be a reader such as modbus({ host }), with a name and a function read" },
      ),
    )
    .min(1),
  /** Milliseconds between two samples of variables that have no interval of their own. Default 1,000. */
  intervalMs: interval.default(1_000),
  /** A reading that another context caused less than these milliseconds before is shared. Default 0: only readings of the same tick are. */
  minIntervalMs: z.number().int().nonnegative().default(0),
  /** Seconds after which sampling ends. Default `Infinity`: when the run is stopped. Contexts of `contexts` have their own, by default a day. */
  durationSeconds: z
    .union([z.number().positive(), z.literal(Number.POSITIVE_INFINITY)], {
      message: "must be a number of seconds, or Infinity",
    })
    .default(Number.POSITIVE_INFINITY),
  /** Several users of the equipment at intervals of their own, each with the plan of above or one of its own. Default: one. */
  contexts: z
    .array(contextOptions.partial({ plan: true }))
    .min(1)
    .optional(),
  /** Reads each variable at every tick of the greatest common divisor of its intervals, also where no context is due. Default false. */
  everyTick: z.boolean().default(false),
  /** Milliseconds after which a reading is given up and its variables are bad. Default 30,000. */
  readTimeoutMs: z.number().int().positive().default(30_000),
  /** Other places that get all samples besides the destination: `csvFile()`, `mqttPublish()`, `logWriter()`, `callback()`. Default: none. */
  writers: z
    .array(
      z.custom<SamplingWriter>((value) => typeof value === "object" && value !== null && "write" in value, {
        message: "must be a writer such as csvFile({ folder }), with a name and a function write",
      }),
    )
    .default([]),
  /** Are told of starts, pauses, stops, samples and errors. Default: none. */
  listeners: z
    .array(z.custom<SamplingListener>((value) => typeof value === "object" && value !== null))
    .default([]),
  /** Samples become durable in the destination at least so often, in ms; as many are lost at most when the process is killed. Default 1,000. */
  flushMs: z.number().int().min(10).default(1_000),
  /** Only changes land. Default: every sample does. */
  onChange: exceptionOptions.optional(),
  /** Minimum, maximum, means, last and count of each window land, in the stream `windows`. Default: every sample does. */
  aggregate: windowOptions.optional(),
  /** Limits that are watched; who is told, the notification rules say. Default: none. */
  alarms: z.array(alarmOptions).default([]),
  /** Samples that wait in memory while the destination is away; beyond it they go to `journal`. Default 200,000. */
  memorySamples: z.number().int().positive().default(200_000),
  /** What waits on disk while the destination is away, also over restarts. */
  journal: z
    .strictObject({
      /** Its folder, in the project's. Default: `sampling/<pipeline>` where Millrace keeps what is the project's own. */
      directory: z.string().min(1).optional(),
      /** Bytes on disk; beyond it the oldest samples are given up, counted and reported. Default 1 GiB. */
      maxBytes: z
        .number()
        .int()
        .min(1_048_576)
        .default(1024 ** 3),
      /** When what was written is made safe from a crash of the machine: `each` time, or so many ms later. Default 1,000; a crash of the process alone loses nothing of it. */
      fsync: z.union([z.literal("each"), z.number().int().nonnegative()]).default(1_000),
    })
    .prefault({}),
  /** Rows have the variable's name besides its id. Default true. */
  names: z.boolean().default(true),
});

/** Options of `sampling()`, as users write them. */
export type SamplingOptions = z.input<typeof samplingOptions>;
/** Options of `sampling()`, with the defaults filled in. */
export type ResolvedSamplingOptions = z.output<typeof samplingOptions>;
