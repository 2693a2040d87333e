import { MillraceError } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import { badCursor } from "../shared/bad-cursor.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { runCursor } from "../shared/run-cursor.ts";
import { Where } from "../shared/where.ts";
import type {
  Backfill,
  BackfillPartition,
  BackfillsPage,
  BackfillsQuery,
  PartitionsPage,
  PartitionsQuery,
} from "./schemas.ts";

type BackfillRow = Omit<z.output<typeof Backfill>, "over"> & { cursor: string };

/** A page of backfills, newest first. */
export async function listBackfills(
  pool: pg.Pool,
  { pipeline, limit, after }: z.output<typeof BackfillsQuery>,
): Promise<z.output<typeof BackfillsPage>> {
  const where = new Where();
  where.add("plan.pipeline = ?", pipeline);
  where.add("plan.id < ?::uuid", runCursor(after));
  const { rows } = await pool.query<BackfillRow>(
    `${BACKFILLS} WHERE ${where.sql} ORDER BY plan.id DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  );
  const { items, next } = pageOfRows(rows, limit);
  return { items: items.map(backfillOf), ...(next === undefined ? {} : { next }) };
}

/** How far a backfill is. Fails with MLR_RUN_NOT_FOUND. */
export async function getBackfill(pool: pg.Pool, id: string): Promise<z.output<typeof Backfill>> {
  const { rows } = await pool.query<BackfillRow>(`${BACKFILLS} WHERE plan.id = $1`, [id]);
  const [row] = rows;
  if (row === undefined) throw noBackfill(id);
  const { cursor: _, ...known } = row;
  return backfillOf(known);
}

/** A page of a backfill's partitions, in their order. Fails with MLR_RUN_NOT_FOUND. */
export async function listPartitions(
  pool: pg.Pool,
  id: string,
  { limit, after, state }: z.output<typeof PartitionsQuery>,
): Promise<z.output<typeof PartitionsPage>> {
  if (after !== undefined && !/^\d{1,9}$/.test(after)) throw badCursor(after);
  const { rows } = await pool.query<z.output<typeof BackfillPartition> & { cursor: string }>(
    PARTITIONS_PAGE,
    [id, after ?? 0, state ?? null, limit + 1],
  );
  if (rows.length === 0) await getBackfill(pool, id);
  return pageOfRows(rows, limit);
}

function backfillOf(row: Omit<BackfillRow, "cursor">): z.output<typeof Backfill> {
  const { waiting = 0, queued = 0, running = 0 } = row.counts;
  return { ...row, over: waiting + queued + running === 0 };
}

function noBackfill(id: string): MillraceError {
  return new MillraceError("MLR_RUN_NOT_FOUND", `There is no backfill ${id}`, {
    hint: "GET /api/v1/backfills lists them.",
    details: { backfill: id },
  });
}

/** `waiting`: put off until others of its backfill are over. */
const STATE = `
  CASE WHEN run.status = 'queued' AND run.available_at >= '9999-01-01T00:00:00Z' THEN 'waiting'
    WHEN run.status IS NOT NULL THEN run.status
    WHEN known.succeeded_at IS NOT NULL THEN 'succeeded' ELSE 'cancelled' END`;

/** Partitions of a plan that is joined before. */
const LISTED = `
  unnest(plan.partitions) WITH ORDINALITY AS listed (name, place)
  LEFT JOIN millrace_control.backfill_partitions AS known ON known.pipeline = plan.pipeline AND known.partition = listed.name
  LEFT JOIN millrace_control.runs AS run ON run.id = known.run`;

const BACKFILLS = `
  SELECT plan.id, plan.pipeline, plan.range, plan.parallel, plan.requested_by AS "requestedBy",
    ${instantSql("plan.requested_at")} AS "requestedAt", ${instantSql("plan.cancelled_at")} AS "cancelledAt",
    cardinality(plan.partitions) AS total, plan.id AS cursor, (
      SELECT coalesce(jsonb_object_agg(state, count), '{}')
      FROM (SELECT ${STATE} AS state, count(*) AS count FROM ${LISTED} GROUP BY 1) AS counted
    ) AS counts
  FROM millrace_control.backfills AS plan`;

const PARTITIONS_PAGE = `
  SELECT partition, state, run, "durationMs", error, cursor FROM (
    SELECT listed.name AS partition, ${STATE} AS state, run.id AS run, run.duration_ms::float8 AS "durationMs",
      CASE WHEN jsonb_typeof(run.error) = 'object' THEN jsonb_build_object('code', run.error->>'code',
        'message', run.error->>'message', 'hint', run.error->>'hint') END AS error,
      listed.place, listed.place::text AS cursor
    FROM millrace_control.backfills AS plan CROSS JOIN LATERAL ${LISTED}
    WHERE plan.id = $1 AND listed.place > $2::integer
  ) AS each_one
  WHERE $3::text IS NULL OR state = $3 ORDER BY place LIMIT $4`;
