import type pg from "pg";
import type { z } from "zod";
import type { Calendar } from "./schemas.ts";

const DAY_MS = 86_400_000;
/** Time after which days are counted again. */
const COUNT_EVERY_MS = 10 * 60_000;
/** Runs of the last days may still turn out otherwise than they were recorded. */
const AGAIN_DAYS = 2;

/** Runs per day and outcome. Days that are over are counted once and kept. */
export class RunCalendar {
  readonly #pool: pg.Pool;
  #countedAt = -Infinity;
  #counting: Promise<void> | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** The days of a pipeline, or of all, up to and with the one of `now`. */
  async days(pipeline: string | undefined, days: number, now: number): Promise<z.infer<typeof Calendar>> {
    await this.#count(now);
    const to = dayOf(now);
    const from = dayOf(now - (days - 1) * DAY_MS);
    const { rows } = await this.#pool.query<z.infer<typeof Calendar>["items"][number]>(
      pipeline === undefined ? ALL_DAYS : DAYS_OF_ONE,
      pipeline === undefined ? [from, to] : [from, to, pipeline],
    );
    return { pipeline: pipeline ?? null, from, to, items: rows };
  }

  /** All who ask while it is counted wait for the same. */
  async #count(now: number): Promise<void> {
    if (now - this.#countedAt < COUNT_EVERY_MS && now >= this.#countedAt) return;
    this.#counting ??= this.#countDays(now).finally(() => (this.#counting = undefined));
    await this.#counting;
  }

  async #countDays(now: number): Promise<void> {
    await this.#pool.query(COUNT_DAYS, [dayOf(now), AGAIN_DAYS]);
    this.#countedAt = now;
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

const OUTCOMES = `
  count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded,
  count(*) FILTER (WHERE status IN ('failed', 'died'))::int AS failed,
  count(*) FILTER (WHERE status IN ('stopped', 'cancelled'))::int AS stopped,
  coalesce(sum(duration_ms), 0)::bigint AS duration_ms`;

const DAY = "(finished_at AT TIME ZONE 'UTC')::date";

/** The days before today (UTC) that are not there, and the last ones once more. Whoever comes second does it in vain. */
const COUNT_DAYS = `
  INSERT INTO millrace_control.run_days AS known (day, pipeline, succeeded, failed, stopped, duration_ms)
  SELECT ${DAY} AS day, pipeline, ${OUTCOMES} FROM millrace_control.runs
  WHERE finished_at < $1::date::timestamp AT TIME ZONE 'UTC' AND finished_at >= coalesce(
    ((SELECT max(day) FROM millrace_control.run_days) - $2::int)::timestamp AT TIME ZONE 'UTC', '-infinity')
  GROUP BY 1, 2 ORDER BY 2, 1
  ON CONFLICT (pipeline, day) DO UPDATE SET
    -- Runs may have been pruned since.
    succeeded = greatest(known.succeeded, excluded.succeeded), failed = greatest(known.failed, excluded.failed),
    stopped = greatest(known.stopped, excluded.stopped), duration_ms = greatest(known.duration_ms, excluded.duration_ms)`;

function answer(past: string, today: string): string {
  return `
    SELECT to_char(day, 'YYYY-MM-DD') AS day, succeeded::int, failed::int, stopped::int, duration_ms::float8 AS "durationMs"
    FROM (${past} UNION ALL ${today}) AS days WHERE succeeded + failed + stopped > 0 ORDER BY day`;
}

/** An aggregate without groups has a row also where there are no runs; those are left out. */
function today(condition: string): string {
  return `SELECT $2::date AS day, ${OUTCOMES} FROM millrace_control.runs
    WHERE finished_at >= $2::date::timestamp AT TIME ZONE 'UTC' ${condition}`;
}

const ALL_DAYS = answer(
  `SELECT day, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(stopped) AS stopped, sum(duration_ms) AS duration_ms
   FROM millrace_control.run_days WHERE day >= $1::date AND day < $2::date GROUP BY day`,
  today(""),
);
const DAYS_OF_ONE = answer(
  `SELECT day, succeeded, failed, stopped, duration_ms FROM millrace_control.run_days
   WHERE pipeline = $3 AND day >= $1::date AND day < $2::date`,
  today("AND pipeline = $3"),
);
