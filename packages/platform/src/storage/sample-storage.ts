import type pg from "pg";

/** Samples that are kept, in days. */
const KEPT_DAYS = 400;

/** A table of collected rows, with its size as its place tells it. */
export interface MeasuredTable {
  /** Where it is, for people. */
  readonly place: string;
  readonly name: string;
  readonly bytes: number;
  /** Estimated. */
  readonly rows: number;
}

/** Keeps the sizes of the control tables, and of others where they are given, as the sample of this day. Safe to repeat. */
export async function sampleStorage(pool: pg.Pool, others: readonly MeasuredTable[] = []): Promise<void> {
  await pool.query(SAMPLE, [JSON.stringify(others)]);
  await pool.query(
    "DELETE FROM millrace_control.storage_samples WHERE day < (clock_timestamp() AT TIME ZONE 'UTC')::date - $1::integer",
    [KEPT_DAYS],
  );
}

/** Partitions of the log count as one table. */
const SAMPLE = `
  INSERT INTO millrace_control.storage_samples AS known (day, place, name, bytes, row_estimate)
  SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date, place, name, bytes, row_estimate FROM (
    SELECT 'control' AS place, regexp_replace(relname, '^logs_.*$', 'logs') AS name,
      sum(pg_total_relation_size(oid))::bigint AS bytes, sum(greatest(reltuples, 0))::bigint AS row_estimate
    FROM pg_class WHERE relnamespace = 'millrace_control'::regnamespace AND relkind = 'r' GROUP BY 2
    UNION ALL
    SELECT place, name, bytes, rows FROM jsonb_to_recordset($1::jsonb) AS given (place text, name text, bytes bigint, rows bigint)
  ) AS measured
  ON CONFLICT (day, place, name) DO UPDATE SET bytes = excluded.bytes, row_estimate = excluded.row_estimate`;
