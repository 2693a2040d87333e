import { asMillraceError, type Clock, type Json, redactor } from "@millrace/core";
import type { FeedGap } from "./feed.ts";
import { Lag } from "./lag.ts";
import { Rate } from "./rate.ts";
import type { CollectorStatus } from "./status.ts";

const GAPS = 50;
const ERRORS = 20;

/** What is counted of a collector, over all its starts. */
export class Figures {
  readonly messages = new Rate();
  readonly rows = new Rate();
  readonly rowsByStream: Record<string, number> = {};
  readonly received = new Lag();
  readonly committed = new Lag();
  readonly counters: Record<string, number> = {};
  bytes = 0;
  committedRows = 0;
  invalid = 0;
  errors = 0;
  restarts = 0;
  readonly gaps = { filled: 0, marked: 0 };
  lastGaps: CollectorStatus["lastGaps"] = [];
  lastErrors: CollectorStatus["lastErrors"] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  landed(stream: string, rows: number): void {
    this.rows.add(rows);
    this.rowsByStream[stream] = (this.rowsByStream[stream] ?? 0) + rows;
  }

  count(name: string, by: number): void {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  gap(gap: FeedGap): void {
    this.gaps[gap.outcome]++;
    const { symbol = null, ...others } = gap;
    this.lastGaps = [{ at: this.#now(), symbol, ...others }, ...this.lastGaps].slice(0, GAPS);
  }

  /** Returns what may be shown: without secrets, causes and stack. */
  error(error: unknown): { code: string; message: string } {
    this.errors++;
    const { code, message } = asMillraceError(error, "MLR_SOURCE_FAILED");
    const shown = { code, message: sanitized(message), at: this.#now() };
    this.lastErrors = [shown, ...this.lastErrors].slice(0, ERRORS);
    return shown;
  }

  tick(now: number): void {
    this.messages.tick(now);
    this.rows.tick(now);
    this.received.tick(now);
    this.committed.tick(now);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** A message for outside: without secrets, and without credentials and queries of addresses. */
export function sanitized(message: string): string {
  return redactor
    .text(message)
    .replaceAll(/\b([a-z][a-z\d+.-]*:\/\/)([^\s/?#]*@)?([^\s?#"']*)([?#][^\s"']*)?/gi, "$1$3")
    .slice(0, 2_000);
}

/** An error with its stack and causes, for the log. */
export function errorDetails(error: unknown): Record<string, Json> {
  const causes: Json[] = [];
  for (
    let at = error instanceof Error ? error.cause : undefined;
    at instanceof Error && causes.length < 10;
    at = at.cause
  )
    causes.push(at.stack ?? at.message);
  return {
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(causes.length === 0 ? {} : { causes }),
  };
}
