import type pg from "pg";

/** Runs of the last weeks that a band is computed from. */
const WEEKS = 8;
/** Fewer say nothing about what is usual. */
const RUNS = 8;
/** How many median deviations are usual. 1.4826 of them are one standard deviation where values are spread evenly around. */
const DEVIATIONS = 3 * 1.4826;
/** Time for which bands are taken as they are. */
const KEEP = "1 hour";

/**
 * Computes bands again of those tables that have had runs since they were computed, or that have none; the oldest first, at
 * most `most`. Gives how many were computed.
 */
export async function refreshBands(
  pool: pg.Pool,
  {
    most,
    only,
  }: {
    readonly most: number;
    readonly only?: { readonly pipeline: string; readonly table?: string | undefined };
  },
): Promise<number> {
  const { rowCount } = await pool.query(REFRESH, [most, only?.pipeline ?? null, only?.table ?? null]);
  return rowCount ?? 0;
}

/** `[median, low, high]` of one measure: what lies within the deviations, a tenth of the median, or one row. */
function band(measure: string): string {
  const width = `greatest(${DEVIATIONS} * mad.${measure}, 0.1 * middle.${measure}, 1)`;
  return `ARRAY[middle.${measure}, greatest(0, middle.${measure} - ${width}), middle.${measure} + ${width}]`;
}

function medians(expression: (measure: string) => string): string {
  return ["inserted", "updated", "removed"]
    .map((measure) => `percentile_cont(0.5) WITHIN GROUP (ORDER BY ${expression(measure)}) AS ${measure}`)
    .join(", ");
}

/** Only whole runs that succeeded are a measure for others. The row of no weekday is written for every table that was looked at. */
const REFRESH = `
  WITH stale AS MATERIALIZED (
    SELECT known.pipeline, known.table_name FROM millrace_control.collected_tables AS known
      LEFT JOIN millrace_control.volume_bands AS done
        ON done.pipeline = known.pipeline AND done.table_name = known.table_name AND done.weekday = 0
    WHERE ($2::text IS NULL OR known.pipeline = $2) AND ($3::text IS NULL OR known.table_name = $3)
      AND (done.computed_at IS NULL OR done.computed_at < clock_timestamp() - interval '${KEEP}' AND EXISTS (
        SELECT FROM millrace_control.run_volumes AS volume
        WHERE volume.pipeline = known.pipeline AND volume.table_name = known.table_name AND volume.at > done.computed_at))
    ORDER BY done.computed_at NULLS FIRST, known.pipeline, known.table_name LIMIT $1
  ), sample AS MATERIALIZED (
    SELECT stale.pipeline, stale.table_name, extract(isodow FROM volume.at AT TIME ZONE 'UTC')::smallint AS weekday,
      volume.inserted, volume.updated, volume.removed
    FROM stale JOIN millrace_control.run_volumes AS volume USING (pipeline, table_name)
    WHERE volume.at > now() - interval '${WEEKS} weeks' AND volume.succeeded AND volume.partition = ''
  ), middle AS (
    SELECT pipeline, table_name, weekday, count(*)::int AS runs, ${medians((measure) => measure)}
    FROM sample GROUP BY pipeline, table_name, weekday HAVING count(*) >= ${RUNS}
  ), mad AS (
    SELECT pipeline, table_name, weekday,
      ${medians((measure) => `abs(sample.${measure} - middle.${measure})`)}
    FROM sample JOIN middle USING (pipeline, table_name, weekday) GROUP BY pipeline, table_name, weekday
  ), found AS (
    SELECT pipeline, table_name, weekday, runs, ${band("inserted")} AS inserted, ${band("updated")} AS updated,
      ${band("removed")} AS removed
    FROM middle JOIN mad USING (pipeline, table_name, weekday)
    UNION ALL SELECT pipeline, table_name, 0, 0, '{}', '{}', '{}' FROM stale
  )
  INSERT INTO millrace_control.volume_bands AS known
    (pipeline, table_name, weekday, runs, inserted, updated, removed, computed_at)
  SELECT *, clock_timestamp() FROM found ORDER BY pipeline, table_name, weekday
  ON CONFLICT (pipeline, table_name, weekday) DO UPDATE SET runs = excluded.runs, inserted = excluded.inserted,
    updated = excluded.updated, removed = excluded.removed, computed_at = excluded.computed_at`;
