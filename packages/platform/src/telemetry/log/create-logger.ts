import { inspect } from "node:util";
import { systemClock, type Clock, type Json } from "@millrace/core";
import { levelRank, type LogBindings, type LogLevel } from "./log-record.ts";
import { createRedaction, type RedactionOptions } from "./redaction.ts";
import { storableFields, storableText } from "./storable-fields.ts";

/** Takes one line. Never throws and never waits. */
export type EmitLine = (
  at: number,
  level: LogLevel,
  message: string,
  fields: Readonly<Record<string, Json>> | undefined,
) => void;

/** Where a logger's lines go: a `LogRouter` in the same process, or a `LineTarget` that writes to a pipe. */
export interface LogTarget {
  /** What takes the lines that are about `bindings`. */
  bind(bindings: LogBindings): EmitLine;
}

/** Says a line: `log.info("text")`, `log.info({ page: 3 }, "text")`, `log.error(error, "text")`. Never throws, never waits. */
export interface LogMethod {
  (message: string): void;
  (fields: object, message?: string): void;
}

/** Says what happens, line by line. */
export interface Logger extends Readonly<Record<LogLevel, LogMethod>> {
  /** Lines below it are not said. */
  readonly level: LogLevel;
  /** Whether a line of this level would be said: spares making costly fields. */
  enabled(level: LogLevel): boolean;
  /** A logger that says `bindings` with each line, besides those of this one; `fields` are said with each line as well. */
  child(bindings: LogBindings, fields?: object): Logger;
}

/** How a logger is made. */
export interface LoggerOptions {
  /** Where its lines go. */
  readonly sink: LogTarget;
  /** Said with every line. Default: nothing. */
  readonly bindings?: LogBindings;
  /** Lines below it are not said. Default `info`. */
  readonly level?: LogLevel;
  /** What is kept out of the lines. Default: values under names such as `password`, and passwords in URLs. */
  readonly redaction?: RedactionOptions;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Longest message, in UTF-16 units; the rest is left out, and said so. */
const MESSAGE = 32_768;

/** Makes a logger. Its methods are bound: they can be passed on alone. */
export function createLogger(options: LoggerOptions): Logger {
  const redaction = createRedaction(options.redaction);
  const clock = options.clock ?? systemClock;
  const level = options.level ?? "info";
  const lowest = levelRank(level);

  const make = (bindings: LogBindings, bound: Readonly<Record<string, Json>> | undefined): Logger => {
    const emit = options.sink.bind(bindings);
    const say = (at: LogLevel, first: unknown, second: unknown): void => {
      try {
        if (typeof first === "string") {
          emit(clock.now(), at, storableText(first, redaction, MESSAGE), bound);
          return;
        }
        const given = toFields(first);
        const message = typeof second === "string" ? second : messageOf(first);
        const fields = given === undefined ? undefined : storableFields(given, redaction);
        const all = bound === undefined ? fields : { ...bound, ...fields };
        emit(clock.now(), at, storableText(message, redaction, MESSAGE), all);
      } catch {
        // A line that cannot be said must not fail the work that it tells of.
      }
    };
    const method = (at: LogLevel): LogMethod =>
      levelRank(at) < lowest ? silent : (first: unknown, second?: unknown) => say(at, first, second);
    return {
      level,
      enabled: (at) => levelRank(at) >= lowest,
      child: (more, fields) =>
        make(
          { ...bindings, ...more },
          fields === undefined ? bound : { ...bound, ...storableFields(fields, redaction) },
        ),
      trace: method("trace"),
      debug: method("debug"),
      info: method("info"),
      warn: method("warn"),
      error: method("error"),
      fatal: method("fatal"),
    };
  };
  return make(options.bindings ?? {}, undefined);
}

function silent(): void {
  // The level is switched off.
}

function toFields(given: unknown): object | undefined {
  if (given instanceof Error) return { error: given };
  return typeof given === "object" && given !== null ? given : undefined;
}

function messageOf(given: unknown): string {
  if (given instanceof Error) return given.message;
  return typeof given === "object" ? "" : inspect(given);
}
