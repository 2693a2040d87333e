import type pg from "pg";
import type { FeedContext } from "./event-feed.ts";
import type { Metrics } from "./messages.ts";

const EVERY_MS = 2_000;

/** Tells every two seconds how the platform does, while somebody wants to know. */
export class MetricsFeed {
  readonly #context: FeedContext;
  readonly #clients: () => number;
  readonly #over = new AbortController();
  #going: Promise<void> | undefined;

  /** @param clients counts the connections */
  constructor(context: FeedContext, clients: () => number) {
    this.#context = context;
    this.#clients = clients;
  }

  /** From now on. */
  start(): void {
    if (this.#going !== undefined || this.#over.signal.aborted) return;
    this.#context.hub.journal.open("metrics");
    this.#going = this.#run().finally(() => (this.#going = undefined));
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#going;
  }

  async #run(): Promise<void> {
    const { hub, pool, clock, onError } = this.#context;
    do {
      try {
        const metrics = await measure(pool);
        hub.publish("metrics", ["metrics"], { metrics: { ...metrics, clients: this.#clients() } });
      } catch (error) {
        onError(error);
      }
      await clock.sleep(EVERY_MS, this.#over.signal);
    } while (hub.isFollowed("metrics") && !this.#over.signal.aborted);
  }
}

async function measure(pool: pg.Pool): Promise<Omit<Metrics, "clients">> {
  const { rows } = await pool.query<Omit<Metrics, "clients" | "at"> & { now: Date }>(MEASURE);
  const [row] = rows;
  if (row === undefined) throw new Error("PostgreSQL answered without a row");
  const { now, ...measured } = row;
  return { at: now.toISOString(), ...measured };
}

const MEASURE = `
  SELECT clock_timestamp() AS now, run.running, run."rowsPerSecond", run."memoryBytes", worker.workers, worker.slots,
    (SELECT count(*)::int FROM (
      SELECT FROM millrace_control.runs WHERE status = 'queued' AND available_at <= clock_timestamp() LIMIT 10000
    ) AS waiting) AS queued
  FROM (
    SELECT count(*)::int AS running, coalesce(sum((progress ->> 'rowsPerSecond')::float8), 0)::float8 AS "rowsPerSecond",
      coalesce(sum((progress ->> 'memoryBytes')::float8), 0)::float8 AS "memoryBytes"
    FROM millrace_control.runs WHERE status = 'running'
  ) AS run CROSS JOIN (
    SELECT count(*)::int AS workers, coalesce(sum(slots), 0)::int AS slots FROM millrace_control.workers AS each
    WHERE NOT draining AND millrace_control.worker_is_alive(each)
  ) AS worker`;
