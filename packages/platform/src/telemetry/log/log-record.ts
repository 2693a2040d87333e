import type { Json } from "@millrace/core";

/** How much a line matters, lowest first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** How much a line matters. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line is about. Bound once with `Logger.child`, and said with every line. */
export interface LogBindings {
  /** The part that speaks, such as `orchestrator.queue`. */
  readonly logger?: string;
  /** The run's id, a UUID. */
  readonly run?: string;
  /** The fence number of the run's attempt. */
  readonly attempt?: number;
  readonly pipeline?: string;
  readonly group?: string;
  /** The worker that the run belongs to. */
  readonly worker?: string;
  /** Where a line came from that a program wrote by itself. */
  readonly stream?: "stdout" | "stderr";
}

/** One line of a log. */
export interface LogRecord extends LogBindings {
  /** UUID that tells the line from all others, also when it is delivered twice. The router gives it. */
  readonly id?: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, Json>>;
}

/** A line that the router has taken in. */
export interface RoutedRecord extends LogRecord {
  readonly id: string;
}

const RANK: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};

/** 10 for `trace` up to 60 for `fatal`, in steps of 10. */
export function levelRank(level: LogLevel): number {
  return RANK[level];
}

/** The level of a rank; `info` for a number that is none. */
export function levelOfRank(rank: number): LogLevel {
  return LOG_LEVELS[rank / 10 - 1] ?? "info";
}

/** Whether `text` names a level. */
export function isLogLevel(text: unknown): text is LogLevel {
  return typeof text === "string" && Object.hasOwn(RANK, text);
}
