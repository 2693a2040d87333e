import { join } from "node:path";
import { redactor as processRedactor, systemClock, type Clock } from "@millrace/core";
import type { EmitLine, LogTarget } from "../create-logger.ts";
import { SinkFallback } from "../fallback/sink-fallback.ts";
import {
  levelRank,
  type LogBindings,
  type LogLevel,
  type LogRecord,
  type RoutedRecord,
} from "../log-record.ts";
import type { LogSink } from "../log-sink.ts";
import type { LogRedactor } from "../log-redactor.ts";
import { compileRules, type LogRule, type Route } from "./log-rules.ts";
import { newRecordId } from "../record-id.ts";
import { recordSize } from "./record-size.ts";
import { redactRecord } from "./redact-record.ts";
import type { SinkLimits } from "./sink-limits.ts";
import { SinkQueue, type SinkStats } from "./sink-queue.ts";
import type { SinkTrouble } from "./sink-trouble.ts";
import { troubleLine } from "./trouble-line.ts";

/** A sink and how it is fed. */
export interface RoutedSink {
  readonly sink: LogSink;
  /** The lowest level that it takes. Default `trace`: everything that is said. */
  readonly level?: LogLevel;
  readonly limits?: SinkLimits;
}

/** What a router is made of. */
export interface LogRouterOptions {
  /** Closed with the router. */
  readonly sinks: readonly RoutedSink[];
  /** The first that fits decides. Default: every record goes to every sink that takes its level. */
  readonly rules?: readonly LogRule[];
  /** Folder of what sinks do not take: a folder per sink in it. Several processes may share it. */
  readonly fallbackDirectory: string;
  /** Knows secret values; asked once more here, whoever wrote the line. Default: the one of this process. */
  readonly redactor?: LogRedactor;
  /** Is told when a sink fails, recovers, or loses lines. */
  readonly trouble?: (trouble: SinkTrouble) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** How long `close` waits for sinks by default, in milliseconds. */
const CLOSE_MS = 5000;

/** Brings records to sinks, each through a queue of its own, so that none waits for another. Nothing here throws. */
export class LogRouter implements LogTarget {
  readonly #options: LogRouterOptions;
  readonly #clock: Clock;
  readonly #queues: readonly SinkQueue[];
  readonly #route: Route;

  constructor(options: LogRouterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#queues = options.sinks.map(
      ({ sink, limits = {} }) =>
        new SinkQueue({
          sink,
          limits,
          fallback: new SinkFallback(sinkDirectory(options.fallbackDirectory, sink.name), limits.fallback),
          clock: this.#clock,
          trouble: (trouble) => this.#tell(trouble),
        }),
    );
    const ruled = options.sinks.map(({ sink, level = "trace" }) => ({ name: sink.name, level }));
    this.#route = compileRules(ruled, options.rules ?? []);
  }

  /** Takes a record in, and returns at once. */
  write(record: LogRecord): void {
    const sinks = this.#route(record);
    if (sinks.length > 0) this.#offer(record, sinks);
  }

  /** For `createLogger` in this process. */
  bind(bindings: LogBindings): EmitLine {
    return (at, level, message, fields) =>
      this.write({
        at: new Date(at).toISOString(),
        level,
        message,
        ...bindings,
        // The caller may change its own object later.
        ...(fields === undefined ? {} : { fields: { ...fields } }),
      });
  }

  /** Resolves once all that came before is taken by its sinks or kept in files. */
  async flush(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.flush()));
  }

  /** What each sink did so far. */
  stats(): SinkStats[] {
    return this.#queues.map((queue) => queue.stats());
  }

  /** Gives the sinks some time for what waits, keeps the rest in files, and closes the sinks. Idempotent. */
  async close(timeoutMs: number = CLOSE_MS): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.close(timeoutMs)));
  }

  #offer(record: LogRecord, sinks: readonly number[]): void {
    const clean = redactRecord(record, this.#options.redactor ?? processRedactor);
    const routed: RoutedRecord = { ...clean, id: clean.id ?? newRecordId(this.#clock.now()) };
    const size = recordSize(routed);
    for (const index of sinks) this.#queues[index]?.offer(routed, size);
  }

  /** Says it on the other sinks, and to whoever wanted to know. */
  #tell(trouble: SinkTrouble): void {
    const record = troubleLine(trouble, this.#clock.now());
    const others = this.#queues.flatMap(({ name }, index) => {
      const lowest = this.#options.sinks[index]?.level ?? "trace";
      return name === trouble.sink || levelRank(lowest) > levelRank(record.level) ? [] : [index];
    });
    this.#offer(record, others);
    this.#options.trouble?.(trouble);
  }
}

/** The folder of what a sink did not take. */
export function sinkDirectory(fallbackDirectory: string, sink: string): string {
  return join(fallbackDirectory, encodeURIComponent(sink).replaceAll("*", "%2A").replace(/^\./, "%2E"));
}
