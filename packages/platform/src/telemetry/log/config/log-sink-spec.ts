import type { Clock, SecretSource } from "@millrace/core";
import { z } from "zod";
import { LOG_LEVELS, type LogLevel } from "../log-record.ts";
import type { LogSink } from "../log-sink.ts";
import type { SinkLimits } from "../router/sink-limits.ts";

/** What a sink is opened with. */
export interface SinkContext {
  /** The project's folder: relative paths start there. */
  readonly directory: string;
  /** Folder of what Millrace keeps. */
  readonly dataDirectory: string;
  /** URL of the control database. */
  readonly controlUrl: () => Promise<string>;
  /** Where secrets are looked up. */
  readonly secrets: SecretSource;
  readonly clock: Clock;
}

/** A sink as the configuration names it: nothing is opened or connected yet. */
export interface LogSinkSpec {
  readonly kind: string;
  /** Unique among the sinks; rules name it. */
  readonly name: string;
  /** The lowest level that it takes. */
  readonly level: LogLevel;
  readonly limits: SinkLimits;
  /** How many batches may be under way at the same time. Default 1. */
  readonly concurrency?: number;
  open(context: SinkContext): Promise<LogSink>;
}

/** A level, as an option. */
export const logLevel = z.enum(LOG_LEVELS);

const bytes = z.number().int().min(1024);
const count = z.number().int().min(1);
const ms = z.number().min(0);

/** How a sink is fed, as options. */
const limitOptions = z.strictObject({
  /** Most records of one batch. */
  batchRecords: count.optional(),
  /** Most text of one batch, in characters. */
  batchBytes: bytes.optional(),
  /** How long a batch waits to become larger, in milliseconds. Default 200. */
  delayMs: ms.optional(),
  /** Most records that wait in memory; what comes beyond goes to files. Default 20,000. */
  queueRecords: count.optional(),
  /** Most text that waits in memory, in characters. Default 16 Mi. */
  queueBytes: bytes.optional(),
  /** How often a batch is tried before it goes to files. Default 3. */
  attempts: count.optional(),
  /** Wait after the first failure, in milliseconds; doubles with each. Default 500. */
  retryMs: ms.optional(),
  /** Longest wait between two tries of a sink that is down, in milliseconds. Default 60,000. */
  maxRetryMs: ms.optional(),
  /** Longest that a batch may take, in milliseconds. Default 30,000. */
  timeoutMs: ms.optional(),
  /** The files of what the sink does not take. */
  fallback: z
    .strictObject({
      /** All of them together, in bytes. Default 1 GiB; beyond it the oldest file goes, and the log says so. */
      maxBytes: bytes.optional(),
      /** One of them, in bytes. Default 16 MiB. */
      segmentBytes: bytes.optional(),
      /** When lines are forced to the disk, for the case that the machine loses its power. Default `second`. */
      sync: z.enum(["always", "second", "never"]).optional(),
    })
    .optional(),
});

/** Options that every sink has. */
export const sinkOptions = {
  /** Unique among the sinks; rules name it, and its fallback files are in a folder of that name. Default: its kind. */
  name: z.string().min(1).max(60).optional(),
  /** The lowest level that it takes. Default `info`. */
  level: logLevel.default("info"),
  /** How it is fed. */
  limits: limitOptions.default({}),
};

/** The limits without what was left out. */
export function limitsOf(options: z.output<typeof limitOptions>, defaults: SinkLimits = {}): SinkLimits {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}
