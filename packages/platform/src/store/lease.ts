import { createHash, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { MillraceError, systemClock, type Attempts, type Clock } from "@millrace/core";
import type pg from "pg";
import { controlClient, controlFailure } from "./control-connection.ts";

/** Who holds a lease. */
export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  /** The run (UUID) that it was taken for. */
  readonly run: string;
  /** ISO 8601, by the database's clock. */
  readonly since: string;
}

export interface LeaseOptions {
  /** The run that takes it. */
  readonly run: string;
  /** Part of the pipeline that may run beside others. Default: all of it. */
  readonly partition?: string;
  /** How long it lasts without a heartbeat. Default 15,000 ms. */
  readonly leaseMs?: number;
  /** Time between heartbeats. Default 2,000 ms. */
  readonly beatMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** The right to run a pipeline. */
export interface Lease {
  readonly pipeline: string;
  readonly partition: string;
  /** Tells this holding of the lease from all others. */
  readonly token: string;
  /** Numbers for the destination's fence. Fails with MLR_LEASE_LOST where another holds the lease by now. */
  readonly attempts: Attempts;
  /**
   * Aborted, with an MLR_LEASE_LOST as its reason, when another took over, or when no heartbeat has succeeded for two
   * thirds of the lease: from then on nothing may be written.
   */
  readonly lost: AbortSignal;
  /** Gives the lease back. Never throws, idempotent. */
  release(): Promise<void>;
}

type Beat = "held" | "taken" | "failed";

/**
 * Takes the lease of a pipeline, also from a holder that is dead: its session is gone, and with it its advisory lock
 * (seen at once), or its heartbeats have stopped for the length of the lease (a stopped process, a lost machine).
 * Only the database's clock counts. Fails with MLR_LEASE_HELD (who, where, since when).
 */
export async function acquireLease(
  url: string,
  pool: pg.Pool,
  target: { readonly pipeline: string },
  options: LeaseOptions,
): Promise<Lease> {
  const lease = new HeldLease(url, pool, target.pipeline, options);
  try {
    await lease.acquire();
    return lease;
  } catch (error) {
    await lease.drop();
    throw controlFailure(error, url);
  }
}

/** The advisory lock's number for a pipeline and partition. */
function lockKey(pipeline: string, partition: string): bigint {
  return createHash("sha256").update(`millrace lease\0${pipeline}\0${partition}`).digest().readBigInt64BE(0);
}

class HeldLease implements Lease {
  readonly pipeline: string;
  readonly partition: string;
  readonly token: string = randomUUID();
  readonly attempts: Attempts = { next: (above) => this.#nextAttempt(above) };
  readonly #url: string;
  readonly #pool: pg.Pool;
  readonly #run: string;
  readonly #leaseMs: number;
  readonly #beatMs: number;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  /** Ends the heartbeat. */
  readonly #ended = new AbortController();
  #client: pg.Client | undefined;
  /** Whether this session holds the advisory lock. It may not, for a while, after a takeover from a stopped process. */
  #locked = false;
  #lastGood = 0;
  #beating: Promise<void> = Promise.resolve();

  constructor(url: string, pool: pg.Pool, pipeline: string, options: LeaseOptions) {
    this.#url = url;
    this.#pool = pool;
    this.pipeline = pipeline;
    this.partition = options.partition ?? "";
    this.#run = options.run;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#beatMs = options.beatMs ?? 2_000;
    this.#clock = options.clock ?? systemClock;
    if (!(this.#beatMs > 0 && this.#beatMs * 3 <= this.#leaseMs)) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `A lease of ${this.#leaseMs} ms with a heartbeat every ${this.#beatMs} ms cannot be kept`,
        {
          hint: "The lease must be at least three times as long as the time between heartbeats.",
        },
      );
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async acquire(): Promise<void> {
    const client = await this.#connect(10_000);
    for (let round = 0; ; round++) {
      const sent = this.#clock.monotonic();
      const lock = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [
        this.#key,
      ]);
      this.#locked = lock.rows[0]?.locked ?? false;
      if (await this.#take(client)) {
        this.#lastGood = sent;
        break;
      }
      if (this.#locked) await client.query("SELECT pg_advisory_unlock($1)", [this.#key]);
      const holder = await this.#readHolder(client);
      if (holder !== undefined) throw this.#held(holder);
      // It was given back between the two statements.
      if (round === 5)
        throw new MillraceError(
          "MLR_LEASE_HELD",
          `The lease of pipeline "${this.pipeline}" changes hands all the time`,
        );
    }
    this.#beating = this.#keepAlive();
  }

  async release(): Promise<void> {
    this.#ended.abort();
    await this.#beating;
    const give = this.#client?.query(
      "DELETE FROM millrace_control.leases WHERE pipeline = $1 AND partition = $2 AND token = $3",
      [this.pipeline, this.partition, this.token],
    );
    // Where this fails the lock ends with the session, which lets the next one in as well.
    await give?.catch(() => undefined);
    await this.drop();
  }

  /** Ends the session, and with it the advisory lock. */
  async drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#locked = false;
    this.#ended.abort();
    if (client === undefined) return;
    const closed = new AbortController();
    await Promise.race([client.end().catch(() => undefined), this.#clock.sleep(1_000, closed.signal)]);
    closed.abort();
  }

  get #key(): bigint {
    return lockKey(this.pipeline, this.partition);
  }

  async #connect(timeoutMs: number): Promise<pg.Client> {
    const client = controlClient(this.#url, timeoutMs);
    await client.connect();
    this.#client = client;
    this.#locked = false;
    client.once("end", () => {
      if (this.#client === client) this.#client = undefined;
    });
    return client;
  }

  async #take(client: pg.Client): Promise<boolean> {
    const result = await client.query(TAKE, [
      this.pipeline,
      this.partition,
      this.token,
      hostname(),
      process.pid,
      this.#run,
      this.#key,
      this.#locked,
      this.#leaseMs,
    ]);
    return result.rowCount === 1;
  }

  async #readHolder(client: pg.Client): Promise<(LeaseHolder & { expiresInMs: number }) | undefined> {
    const result = await client.query<{ holder: LeaseHolder; expires: number }>(
      `SELECT holder, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS expires
       FROM millrace_control.leases WHERE pipeline = $1 AND partition = $2`,
      [this.pipeline, this.partition],
    );
    const row = result.rows[0];
    return row === undefined
      ? undefined
      : { ...row.holder, expiresInMs: Math.max(0, Math.round(row.expires)) };
  }

  #held({ host, pid, run, since, expiresInMs }: LeaseHolder & { expiresInMs: number }): MillraceError {
    const where = host === hostname() ? "this machine" : `host ${host}`;
    return new MillraceError(
      "MLR_LEASE_HELD",
      `Pipeline "${this.pipeline}" is being run by process ${pid} on ${where} since ${since} (run ${run})`,
      {
        hint: `Wait until it ends, or stop it. Should it hang, its lease ends ${Math.ceil(this.#leaseMs / 1000)} s after its last heartbeat.`,
        details: { pipeline: this.pipeline, partition: this.partition, host, pid, run, since, expiresInMs },
      },
    );
  }

  async #keepAlive(): Promise<void> {
    const limit = (this.#leaseMs * 2) / 3;
    while (!this.#ended.signal.aborted) {
      const before = this.#clock.monotonic();
      const pause = Math.max(0, Math.min(this.#beatMs, this.#lastGood + limit - before));
      await this.#clock.sleep(pause, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      const now = this.#clock.monotonic();
      // Code that kept the thread busy, or a stopped process: the database may still hold the lease for us, so ask once.
      const stalled = now - before > pause + this.#beatMs;
      const budget = Math.max(this.#lastGood + limit - now, stalled ? this.#beatMs : 0);
      const outcome = budget <= 0 ? "failed" : await this.#beatWithin(budget);
      if (outcome === "held") this.#lastGood = now;
      else if (outcome === "taken") return this.#lose("another process has taken it over");
      else if (this.#clock.monotonic() - this.#lastGood >= limit) {
        return this.#lose(`no heartbeat has reached the control database for ${Math.round(limit / 1000)} s`);
      }
    }
  }

  /** One heartbeat that is given up after `budgetMs`. */
  async #beatWithin(budgetMs: number): Promise<Beat> {
    const answered = new AbortController();
    const late = this.#clock.sleep(budgetMs, AbortSignal.any([answered.signal, this.#ended.signal]));
    const outcome = await Promise.race([this.#beat(budgetMs), late.then((): Beat => "failed")]);
    answered.abort();
    return outcome;
  }

  async #beat(timeoutMs: number): Promise<Beat> {
    try {
      const client = this.#client ?? (await this.#connect(Math.max(1, Math.ceil(timeoutMs))));
      const result = await client.query<{ locked: boolean }>(BEAT, [
        this.pipeline,
        this.partition,
        this.token,
        this.#leaseMs,
        this.#locked,
        this.#key,
      ]);
      this.#locked = result.rows[0]?.locked ?? this.#locked;
      return result.rowCount === 1 ? "held" : "taken";
    } catch {
      // A session that failed once is not trusted again.
      const broken = this.#client;
      this.#client = undefined;
      void broken?.end().catch(() => undefined);
      return "failed";
    }
  }

  #lose(reason: string): void {
    this.#lost.abort(
      new MillraceError(
        "MLR_LEASE_LOST",
        `The run of pipeline "${this.pipeline}" has lost its lease: ${reason}`,
        {
          hint: "What was committed stands. Run it again; it goes on from there.",
          details: { pipeline: this.pipeline, run: this.#run },
        },
      ),
    );
    void this.drop();
  }

  async #nextAttempt(above = 0n): Promise<bigint> {
    try {
      const result = await this.#pool.query<{ last: string }>(NEXT_ATTEMPT, [
        this.pipeline,
        this.partition,
        above.toString(),
        this.token,
      ]);
      const last = result.rows[0]?.last;
      if (last !== undefined) return BigInt(last);
    } catch (error) {
      throw controlFailure(error, this.#url);
    }
    throw new MillraceError(
      "MLR_LEASE_LOST",
      `The run of pipeline "${this.pipeline}" has lost its lease: another process has taken it over`,
      {
        hint: "What was committed stands. Run it again; it goes on from there.",
        details: { pipeline: this.pipeline, run: this.#run },
      },
    );
  }
}

/**
 * The row is taken where there is none, where its time is up, or where we hold the advisory lock that its holder had:
 * then that holder's session is gone. A holder that never had the lock (`locked` false) is judged by its time alone. One
 * that a worker holds lives as long as that worker.
 */
const TAKE = `
  INSERT INTO millrace_control.leases AS held
    (pipeline, partition, token, holder, lock_key, locked, acquired_at, beat_at, expires_at)
  SELECT $1, $2, $3, jsonb_build_object('host', $4::text, 'pid', $5::int, 'run', $6::text, 'since',
      to_char(now.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), $7, $8,
    now.at, now.at, now.at + $9 * interval '1 millisecond'
  FROM (SELECT clock_timestamp() AS at) AS now
  ON CONFLICT (pipeline, partition) DO UPDATE SET
    token = excluded.token, holder = excluded.holder, lock_key = excluded.lock_key, locked = excluded.locked,
    acquired_at = excluded.acquired_at, beat_at = excluded.beat_at, expires_at = excluded.expires_at, worker = NULL
  WHERE CASE
    WHEN held.worker IS NULL THEN held.expires_at <= clock_timestamp() OR (held.locked AND excluded.locked)
    ELSE NOT millrace_control.lease_is_alive(held)
  END`;

/** Keeps the row, and takes the advisory lock where this session does not have it yet. */
const BEAT = `
  UPDATE millrace_control.leases SET
    beat_at = clock_timestamp(), expires_at = clock_timestamp() + $4 * interval '1 millisecond',
    locked = CASE WHEN $5::boolean THEN true ELSE pg_try_advisory_lock($6) END
  WHERE pipeline = $1 AND partition = $2 AND token = $3
  RETURNING locked`;

const NEXT_ATTEMPT = `
  INSERT INTO millrace_control.attempts AS known (pipeline, partition, last)
  SELECT $1, $2, $3::bigint + 1
  FROM (SELECT FROM millrace_control.leases WHERE pipeline = $1 AND partition = $2 AND token = $4 FOR SHARE) AS mine
  ON CONFLICT (pipeline, partition) DO UPDATE SET last = greatest(known.last, $3::bigint) + 1
  RETURNING last`;
