import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Clock } from "@millrace/core";
import { controlClient } from "@millrace/platform";
import type pg from "pg";

export interface LeadershipOptions {
  /** URL of the control database. */
  readonly url: string;
  /** What is led, such as `scheduler`. */
  readonly name: string;
  readonly clock: Clock;
  /** Time after which another takes over from a leader that does not answer. Default 6,000 ms. */
  readonly leaseMs?: number;
  /** Time between tries to become the leader. Default 1,000 ms. */
  readonly tryMs?: number;
  /** Channels of LISTEN while it leads. */
  readonly channels: readonly string[];
  readonly onNotice: (channel: string) => void;
  /** What goes wrong; it goes on trying. */
  readonly onError: (error: unknown) => void;
}

/**
 * Lets one process at a time do something. The lock of its session decides, so that the next one follows at once when a
 * process ends; where a process was only stopped, the next one ends that session when its time is up.
 */
export class Leadership {
  readonly id: string = randomUUID();
  readonly #o: LeadershipOptions;
  readonly #leaseMs: number;

  constructor(options: LeadershipOptions) {
    this.#o = options;
    this.#leaseMs = options.leaseMs ?? 6_000;
  }

  /** Calls `lead` whenever this process is the leader, with what ends that, until the signal is aborted. */
  async run(lead: (over: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, tryMs = 1_000, onError } = this.#o;
    while (!signal.aborted) {
      await this.#connected(lead, signal).catch(onError);
      await clock.sleep(tryMs, signal);
    }
  }

  async #connected(lead: (over: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { url, name, clock, tryMs = 1_000, channels, onNotice } = this.#o;
    const client = controlClient(url, this.#leaseMs);
    const lost = new AbortController();
    const over = AbortSignal.any([signal, lost.signal]);
    client.once("end", () => lost.abort());
    client.on("notification", ({ channel }) => onNotice(channel));
    try {
      await client.connect();
      while (!over.aborted && !(await this.#take(client, name))) await clock.sleep(tryMs, over);
      if (over.aborted) return;
      for (const channel of channels) await client.query(`LISTEN ${channel}`);
      const beating = this.#beat(client, name, over).then((kept) => (kept ? undefined : lost.abort()));
      await lead(over).finally(() => lost.abort());
      await beating;
    } finally {
      await client
        .query("DELETE FROM millrace_control.leaders WHERE name = $1 AND holder = $2", [name, this.id])
        .catch(() => undefined);
      await client.end().catch(() => undefined);
    }
  }

  async #take(client: pg.Client, name: string): Promise<boolean> {
    const key = `millrace leader ${name}`;
    const { rows } = await client.query<{ locked: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked",
      [key],
    );
    if (rows[0]?.locked !== true) {
      // A leader that does not answer still has its session. Ending it frees the lock.
      await client.query(
        `SELECT pg_terminate_backend(backend) FROM millrace_control.leaders
         WHERE name = $1 AND expires_at <= clock_timestamp()`,
        [name],
      );
      return false;
    }
    await client.query(
      `INSERT INTO millrace_control.leaders (name, holder, host, pid, backend, since, expires_at)
       VALUES ($1, $2, $3, $4, pg_backend_pid(), clock_timestamp(), clock_timestamp() + $5 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, host = excluded.host, pid = excluded.pid,
         backend = excluded.backend, since = excluded.since, expires_at = excluded.expires_at`,
      [name, this.id, hostname(), process.pid, this.#leaseMs],
    );
    return true;
  }

  /** False where another leads by now, or the database does not answer. */
  async #beat(client: pg.Client, name: string, over: AbortSignal): Promise<boolean> {
    while (!over.aborted) {
      await this.#o.clock.sleep(this.#leaseMs / 3, over);
      if (over.aborted) return true;
      try {
        const { rowCount } = await client.query(
          `UPDATE millrace_control.leaders SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
           WHERE name = $1 AND holder = $2`,
          [name, this.id, this.#leaseMs],
        );
        if (rowCount !== 1) return false;
      } catch {
        return false;
      }
    }
    return true;
  }
}
