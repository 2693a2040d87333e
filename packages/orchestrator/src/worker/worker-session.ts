import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Clock } from "@millrace/core";
import { controlClient } from "@millrace/platform";
import type pg from "pg";

export interface WorkerSessionOptions {
  /** URL of the control database. */
  readonly url: string;
  readonly queues: readonly string[];
  readonly labels: readonly string[];
  /** Runs that it carries out at the same time. */
  readonly slots: number;
  readonly version: string;
  /** How long it is taken for alive without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Is called when runs may be claimed, or a command waits. */
  readonly onNotice: (channel: string) => void;
}

/**
 * A worker's row, kept alive by a connection of its own that holds an advisory lock: when the process ends, others see it at
 * once; when its machine stops, as soon as the lease is over. A session is used until it fails, and never again after that:
 * `lost` tells, and the worker's runs have to be ended before a new one is opened.
 */
export class WorkerSession {
  readonly id: string = randomUUID();
  readonly #o: WorkerSessionOptions;
  readonly #client: pg.Client;
  readonly #lost = new AbortController();
  readonly #closed = new AbortController();
  #lastGood = 0;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: WorkerSessionOptions) {
    this.#o = options;
    this.#client = controlClient(options.url, options.leaseMs);
  }

  /** Aborted when others may take it for dead: nothing may go on then. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Connects and registers. Fails as the database does. */
  async open(channels: readonly string[]): Promise<void> {
    const client = this.#client;
    client.once("end", () => this.#lost.abort());
    client.on("notification", ({ channel }) => this.#o.onNotice(channel));
    await client.connect();
    const key = lockKeyOf(this.id);
    this.#lastGood = this.#o.clock.monotonic();
    await client.query("SELECT pg_advisory_lock($1)", [key]);
    await client.query(
      `INSERT INTO millrace_control.workers (id, host, pid, version, queues, labels, slots, lock_key, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9 * interval '1 millisecond')`,
      [
        this.id,
        hostname(),
        process.pid,
        this.#o.version,
        this.#o.queues,
        this.#o.labels,
        this.#o.slots,
        key,
        this.#o.leaseMs,
      ],
    );
    for (const channel of channels) await client.query(`LISTEN ${channel}`);
    this.#beating = this.#beat();
  }

  /** Claims nothing any more. */
  async drain(): Promise<void> {
    await this.#client
      .query("UPDATE millrace_control.workers SET draining = true WHERE id = $1", [this.id])
      .catch(() => undefined);
  }

  /** Takes the row away, and with it whatever it still held. Idempotent, never throws. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    await this.#beating;
    this.#client.removeAllListeners("end");
    await this.#client
      .query("DELETE FROM millrace_control.workers WHERE id = $1", [this.id])
      .catch(() => undefined);
    await this.#client.end().catch(() => undefined);
    this.#lost.abort();
  }

  async #beat(): Promise<void> {
    const { clock, leaseMs } = this.#o;
    const limit = (leaseMs * 2) / 3;
    const over = AbortSignal.any([this.#closed.signal, this.#lost.signal]);
    while (!over.aborted) {
      await clock.sleep(leaseMs / 5, over);
      if (over.aborted) return;
      const sent = clock.monotonic();
      const answered = new AbortController();
      const late = clock.sleep(
        Math.max(1, this.#lastGood + limit - sent),
        AbortSignal.any([answered.signal, over]),
      );
      const alive = await Promise.race([this.#touch(), late.then(() => false)]);
      answered.abort();
      if (over.aborted) return;
      if (!alive) return this.#lost.abort();
      this.#lastGood = sent;
    }
  }

  /** False where the row is gone: others took this worker for dead. */
  async #touch(): Promise<boolean> {
    try {
      const { rowCount } = await this.#client.query({
        name: "millrace-beat",
        text: `UPDATE millrace_control.workers SET beat_at = clock_timestamp(),
          expires_at = clock_timestamp() + $2 * interval '1 millisecond' WHERE id = $1 AND expires_at > clock_timestamp()`,
        values: [this.id, this.#o.leaseMs],
      });
      return rowCount === 1;
    } catch {
      return false;
    }
  }
}

/** The first 63 bits of the id: unlike enough that two workers never share a lock. */
function lockKeyOf(id: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${id.replaceAll("-", "").slice(0, 16)}`));
}
