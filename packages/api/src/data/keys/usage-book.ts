import type { Clock } from "@millrace/core";
import type pg from "pg";
import type { DataCaller } from "./data-caller.ts";

/** A request that was answered. */
export interface Usage {
  readonly caller: DataCaller;
  /** Name of the exposed table; "" where it concerned none. */
  readonly table: string;
  readonly status: number;
  readonly bytes: number;
  /** Answered from memory. */
  readonly cached: boolean;
}

interface Counts {
  readonly hour: number;
  readonly key: string;
  readonly role: string;
  readonly table: string;
  requests: number;
  refused: number;
  failed: number;
  cached: number;
  bytes: number;
}

const HOUR_MS = 3_600_000;
/** Milliseconds between two writes. */
const WRITE_MS = 5_000;
/** Counts that wait to be written at most. */
const WAITING = 10_000;

/** Counts who reads what, and writes the counts by the hour into the control database. */
export class UsageBook {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  #waiting = new Map<string, Counts>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Counts a request. */
  add({ caller, table, status, bytes, cached }: Usage): void {
    const counts = this.#counts(caller, table);
    if (counts === undefined) return;
    counts.requests += 1;
    counts.bytes += bytes;
    if (cached) counts.cached += 1;
    if (status >= 500) counts.failed += 1;
    else if (status >= 400) counts.refused += 1;
    this.#timer ??= setTimeout(() => void this.write(), WRITE_MS).unref();
  }

  /** Writes what was counted. What cannot be written now is kept. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  /** Writes the rest. Idempotent. */
  async close(): Promise<void> {
    await this.write();
  }

  #counts({ key, role }: DataCaller, table: string): Counts | undefined {
    const now = this.#clock.now();
    const hour = now - (now % HOUR_MS);
    const name = `${hour} ${key?.id ?? ""} ${role} ${table}`;
    const kept = this.#waiting.get(name);
    if (kept !== undefined) return kept;
    if (this.#waiting.size >= WAITING) return undefined;
    const counts = {
      hour,
      key: key?.id ?? "",
      role,
      table,
      requests: 0,
      refused: 0,
      failed: 0,
      cached: 0,
      bytes: 0,
    };
    this.#waiting.set(name, counts);
    return counts;
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const counts = [...this.#waiting.values()];
    const before = this.#waiting;
    this.#waiting = new Map();
    try {
      await this.#pool.query(ADD, [
        JSON.stringify(counts.map((each) => ({ ...each, hour: new Date(each.hour).toISOString() }))),
      ]);
    } catch {
      // A control database that is away does not keep anybody from reading; the counts are tried again.
      for (const [name, old] of before) this.#merge(name, old);
    }
  }

  #merge(name: string, old: Counts): void {
    const now = this.#waiting.get(name);
    if (now === undefined) {
      if (this.#waiting.size < WAITING) this.#waiting.set(name, old);
      return;
    }
    for (const field of ["requests", "refused", "failed", "cached", "bytes"] as const)
      now[field] += old[field];
  }
}

const ADD = `
INSERT INTO millrace_control.data_usage AS u (hour, key_id, role, data_table, requests, refused, failed, cached, bytes)
SELECT hour, key, role, "table", requests, refused, failed, cached, bytes
FROM json_to_recordset($1::json) AS r (hour timestamptz, key text, role text, "table" text, requests bigint, refused bigint,
  failed bigint, cached bigint, bytes bigint)
ON CONFLICT (hour, key_id, role, data_table) DO UPDATE SET requests = u.requests + excluded.requests,
  refused = u.refused + excluded.refused, failed = u.failed + excluded.failed, cached = u.cached + excluded.cached,
  bytes = u.bytes + excluded.bytes`;
