import type pg from "pg";
import type { PruneOptions } from "../../prune/prune-options.ts";
import { pruneRows } from "../../prune/prune-rows.ts";
import { controlValues } from "./control-values.ts";

/** A value over time. */
export interface MetricSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** ISO 8601, and the mean of that time; oldest first. */
  readonly points: readonly { readonly at: string; readonly value: number; readonly max: number }[];
}

/** Which values are wanted, and how closely. */
export interface MetricQuery {
  /** Such as `millrace_queue_runs`. */
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
  /** Seconds that one point stands for. */
  readonly step: number;
}

/** Series of one name that are told at most: those with the largest values. */
const MOST_SERIES = 200;

/** Keeps the values of this minute. Safe to repeat. */
export async function sampleMetrics(pool: pg.Pool): Promise<void> {
  await pool.query(SAMPLE, [JSON.stringify(await controlValues(pool))]);
}

const SAMPLE = `
  INSERT INTO millrace_control.metrics AS known (name, labels, at, value)
  SELECT name, labels, date_trunc('minute', clock_timestamp()), value
  FROM jsonb_to_recordset($1::jsonb) AS given (name text, labels jsonb, value float8)
  ON CONFLICT (name, labels, at) DO UPDATE SET value = greatest(known.value, excluded.value)`;

/** The values of one name, a series for each set of labels. */
export async function metricSeries(
  pool: pg.Pool,
  { name, from, to, step }: MetricQuery,
): Promise<MetricSeries[]> {
  const { rows } = await pool.query<MetricSeries>(SERIES, [name, from, to, step, MOST_SERIES]);
  return rows;
}

const SERIES = `
  SELECT labels, json_agg(json_build_object(
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'value', value, 'max', max) ORDER BY at) AS points
  FROM (
    SELECT labels, date_bin(make_interval(secs => $4::float8), at, $2::timestamptz) AS at, avg(value) AS value, max(value) AS max
    FROM millrace_control.metrics WHERE name = $1 AND at >= $2::timestamptz AND at < $3::timestamptz GROUP BY 1, 2
  ) AS binned GROUP BY labels ORDER BY max(max) DESC, labels LIMIT $5`;

/** Deletes values from before a time. Returns how many. */
export function pruneMetrics(pool: pg.Pool, { olderThan, ...how }: PruneOptions): Promise<number> {
  const doomed = ["SELECT name, labels, at FROM millrace_control.metrics WHERE at < $1::timestamptz"];
  return pruneRows(
    pool,
    { table: "metrics", key: ["name", "labels", "at"], doomed, values: [olderThan ?? null] },
    how,
  );
}
