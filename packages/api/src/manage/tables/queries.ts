import type pg from "pg";
import type { z } from "zod";
import type { TableRun } from "./schemas.ts";

/** Runs of a pipeline that are looked through for the last one that wrote a table. */
const LOOKED_AT = 50;

/** The last run that ended and counted rows of the table. Runs name tables without the schema, or as they were declared. */
const LAST_RUNS = `
SELECT wanted.id AS wanted, run.id, run.pipeline, run.status, run.finished_at, run.counted
FROM jsonb_to_recordset($1::jsonb) AS wanted (id text, pipelines text[], names text[])
CROSS JOIN LATERAL (
  SELECT recent.*, recent.counts -> name AS counted
  FROM unnest(wanted.pipelines) AS writer
  CROSS JOIN LATERAL (
    SELECT id, pipeline, status, finished_at, counts FROM millrace_control.runs
    WHERE pipeline = writer AND finished_at IS NOT NULL ORDER BY id DESC LIMIT ${LOOKED_AT}
  ) AS recent
  JOIN unnest(wanted.names) AS name ON recent.counts ? name
  ORDER BY recent.finished_at DESC LIMIT 1
) AS run`;

/** A table whose last run is asked for. */
export interface WantedTable {
  readonly id: string;
  readonly table: string;
  readonly pipelines: readonly string[];
}

/** The last run of each table that has one, by the table's id. */
export async function lastRuns(
  pool: pg.Pool,
  tables: readonly WantedTable[],
): Promise<ReadonlyMap<string, z.input<typeof TableRun>>> {
  if (tables.length === 0) return new Map();
  const { rows } = await pool.query<{
    wanted: string;
    id: string;
    pipeline: string;
    status: string;
    finished_at: Date | null;
    counted: Readonly<Record<string, number>>;
  }>(LAST_RUNS, [
    JSON.stringify(
      tables.map(({ id, table, pipelines }) => ({
        id,
        pipelines,
        names: [...new Set([table, table.slice(table.indexOf(".") + 1)])],
      })),
    ),
  ]);
  return new Map(
    rows.map(({ wanted, id, pipeline, status, finished_at, counted }) => [
      wanted,
      {
        id,
        pipeline,
        status,
        finishedAt: finished_at?.toISOString() ?? null,
        inserted: counted["inserted"] ?? 0,
        updated: counted["updated"] ?? 0,
        removed: counted["removed"] ?? 0,
        rejected: counted["rejected"] ?? 0,
      },
    ]),
  );
}

/** A run that ended, of one of the pipelines: this one, the last at or before a time, or the last before another run. */
export interface RunWanted {
  readonly pipelines: readonly string[];
  readonly id?: string;
  /** ISO 8601. */
  readonly at?: string;
  readonly before?: string;
}

/** A run with when it ended. */
export interface EndedRun {
  readonly run: string;
  readonly finishedAt: string | null;
}

const RUN_BY_ID = "SELECT id, finished_at FROM millrace_control.runs WHERE id = $1";

const LAST_RUN = `
SELECT run.id, run.finished_at FROM unnest($1::text[]) AS writer
CROSS JOIN LATERAL (
  SELECT id, finished_at FROM millrace_control.runs
  WHERE pipeline = writer AND finished_at IS NOT NULL AND started_at IS NOT NULL
    AND ($2::timestamptz IS NULL OR finished_at <= $2) AND ($3::uuid IS NULL OR id < $3)
  ORDER BY id DESC LIMIT 1
) AS run
ORDER BY run.id DESC LIMIT 1`;

/** Finds a run; undefined where there is none. */
export async function findRun(pool: pg.Pool, wanted: RunWanted): Promise<EndedRun | undefined> {
  const { rows } = await (wanted.id === undefined
    ? pool.query<{ id: string; finished_at: Date | null }>(LAST_RUN, [
        wanted.pipelines,
        wanted.at ?? null,
        wanted.before ?? null,
      ])
    : pool.query<{ id: string; finished_at: Date | null }>(RUN_BY_ID, [wanted.id]));
  const row = rows[0];
  return row && { run: row.id, finishedAt: row.finished_at?.toISOString() ?? null };
}
