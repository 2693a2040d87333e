import { randomUUID } from "node:crypto";
import { MillraceError } from "@millrace/core";
import type pg from "pg";

/** How far a consumer has come, kept in the database, and moved by one process at a time. */
export class EventCursor {
  readonly #consumer: string;
  readonly #leaseMs: number;
  /** Tells this process from others with the same consumer. */
  readonly #holder = randomUUID();

  constructor(consumer: string, leaseMs: number) {
    this.#consumer = consumer;
    this.#leaseMs = leaseMs;
  }

  /** Makes the cursor where there is none: behind all events that there are, or in front of them. */
  async create(database: pg.Pool | pg.ClientBase, from: "now" | "start"): Promise<void> {
    await database.query(
      `INSERT INTO millrace_control.event_cursors (consumer, seq, expires_at)
       VALUES ($1, CASE WHEN $2 THEN coalesce((SELECT max(seq) FROM millrace_control.events), 0) ELSE 0 END,
         clock_timestamp() + $3 * interval '1 ms') ON CONFLICT DO NOTHING`,
      [this.#consumer, from === "now", this.#leaseMs],
    );
  }

  /** Tries to take the advisory lock that tells others, when this session is gone, that its holder is too. */
  async lock(session: pg.ClientBase): Promise<boolean> {
    const { rows } = await session.query<{ locked: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended('millrace events ' || $1, 0)) AS locked",
      [this.#consumer],
    );
    return rows[0]?.locked === true;
  }

  /** Becomes the holder, and tells where to go on; undefined while another one is. `locked`: the lock is ours, so any other is gone. */
  async claim(database: pg.ClientBase, locked: boolean): Promise<number | undefined> {
    const { rows } = await database.query<{ seq: string }>(
      `UPDATE millrace_control.event_cursors SET holder = $2, beat_at = clock_timestamp(),
         expires_at = clock_timestamp() + $3 * interval '1 ms'
       WHERE consumer = $1 AND ($4 OR holder = $2 OR expires_at <= clock_timestamp()) RETURNING seq`,
      [this.#consumer, this.#holder, this.#leaseMs, locked],
    );
    return rows[0] === undefined ? undefined : Number(rows[0].seq);
  }

  /** Stays the holder, and remembers that everything up to `seq` was handled. False: another took over. */
  async beat(database: pg.ClientBase, seq: number): Promise<boolean> {
    const { rowCount } = await database.query(
      `UPDATE millrace_control.event_cursors SET seq = greatest(seq, $3), beat_at = clock_timestamp(),
         expires_at = clock_timestamp() + $4 * interval '1 ms' WHERE consumer = $1 AND holder = $2`,
      [this.#consumer, this.#holder, seq, this.#leaseMs],
    );
    return rowCount === 1;
  }

  /** Moves on to `seq` as part of the caller's transaction. Fails with MLR_LEASE_LOST where another took over or did it already. */
  async advance(transaction: pg.ClientBase, seq: number): Promise<void> {
    const { rowCount } = await transaction.query(
      "UPDATE millrace_control.event_cursors SET seq = $3 WHERE consumer = $1 AND holder = $2 AND seq < $3",
      [this.#consumer, this.#holder, seq],
    );
    if (rowCount === 1) return;
    throw new MillraceError(
      "MLR_LEASE_LOST",
      `Another process handles the events of "${this.#consumer}" by now`,
    );
  }

  /** Remembers what was handled. The next one comes in when the session ends, and with it the lock. */
  async release(database: pg.ClientBase, seq: number): Promise<void> {
    await database.query(
      `UPDATE millrace_control.event_cursors SET seq = greatest(seq, $3), holder = NULL,
         beat_at = clock_timestamp() WHERE consumer = $1 AND holder = $2`,
      [this.#consumer, this.#holder, seq],
    );
  }
}
