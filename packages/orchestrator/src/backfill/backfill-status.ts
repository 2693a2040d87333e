import { type Json, MillraceError } from "@millrace/core";
import type pg from "pg";

/** What may be said of a partition; `waiting`: its turn has not come. */
export type PartitionState =
  "waiting" | "queued" | "running" | "succeeded" | "failed" | "died" | "stopped" | "cancelled";

/** How far a backfill is. */
export interface BackfillStatus {
  /** UUID. */
  readonly id: string;
  readonly pipeline: string;
  /** from, to, by, timeZone; null: the partitions were named. */
  readonly range: {
    readonly from: string;
    readonly to: string;
    readonly by: string;
    readonly timeZone: string;
  } | null;
  readonly parallel: number;
  readonly requestedBy: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly cancelledAt: string | null;
  readonly total: number;
  /** Partitions by state, also those of its list that an earlier backfill has done. */
  readonly counts: Readonly<Partial<Record<PartitionState, number>>>;
  /** Nothing of it waits or goes on. */
  readonly over: boolean;
}

/** One partition of a backfill. */
export interface PartitionStatus {
  readonly partition: string;
  readonly state: PartitionState;
  /** The run that was queued for it last. */
  readonly run: string | null;
  readonly durationMs: number | null;
  readonly error: Json;
}

interface StatusRow extends Omit<BackfillStatus, "requestedAt" | "cancelledAt" | "over"> {
  readonly requested_at: Date;
  readonly cancelled_at: Date | null;
}

/** Partitions of one backfill, one row each, in their order. @param of SQL of the backfill's row */
const PARTITIONS = (of: string): string => `
  SELECT listed.name AS partition, listed.place, run.id AS run, run.duration_ms::float8 AS "durationMs", run.error,
    CASE WHEN run.status = 'queued' AND run.available_at >= '9999-01-01T00:00:00Z' THEN 'waiting'
      WHEN run.status IS NOT NULL THEN run.status
      WHEN known.succeeded_at IS NOT NULL THEN 'succeeded' ELSE 'cancelled' END AS state
  FROM unnest(${of}.partitions) WITH ORDINALITY AS listed (name, place)
  LEFT JOIN millrace_control.backfill_partitions AS known
    ON known.pipeline = ${of}.pipeline AND known.partition = listed.name
  LEFT JOIN millrace_control.runs AS run ON run.id = known.run`;

const STATUS = `
  SELECT plan.id, plan.pipeline, plan.range, plan.parallel, plan.requested_by AS "requestedBy", plan.requested_at,
    plan.cancelled_at, cardinality(plan.partitions) AS total, (
      SELECT coalesce(jsonb_object_agg(state, count), '{}')
      FROM (SELECT state, count(*) AS count FROM (${PARTITIONS("plan")}) AS each_one GROUP BY state) AS counted
    ) AS counts
  FROM millrace_control.backfills AS plan`;

/** The latest backfills, newest first. @param limit default 20 */
export async function listBackfills(
  pool: pg.Pool,
  { pipeline, limit = 20 }: { readonly pipeline?: string; readonly limit?: number } = {},
): Promise<BackfillStatus[]> {
  const { rows } = await pool.query<StatusRow>(
    `${STATUS} WHERE $1::text IS NULL OR plan.pipeline = $1 ORDER BY plan.id DESC LIMIT $2`,
    [pipeline ?? null, limit],
  );
  return rows.map(statusOf);
}

/** The backfill whose id is, or alone begins with, `id`; or the latest of the pipeline of that name. Fails with MLR_RUN_NOT_FOUND. */
export async function getBackfill(pool: pg.Pool, id: string): Promise<BackfillStatus> {
  const digits = id.toLowerCase().replaceAll("-", "");
  if (/^[\da-f]{8,32}$/.test(digits)) {
    const { rows } = await pool.query<StatusRow>(`${STATUS} WHERE plan.id BETWEEN $1 AND $2 LIMIT 2`, [
      digits.padEnd(32, "0"),
      digits.padEnd(32, "f"),
    ]);
    if (rows[0] !== undefined && rows.length === 1) return statusOf(rows[0]);
  }
  const [latest] = await listBackfills(pool, { pipeline: id, limit: 1 });
  if (latest !== undefined) return latest;
  throw new MillraceError(
    "MLR_RUN_NOT_FOUND",
    `There is no backfill "${id}", and none of a pipeline of that name`,
    {
      hint: "`millrace backfill status` lists them.",
    },
  );
}

/** Every partition of a backfill, in its order. */
export async function backfillPartitions(pool: pg.Pool, id: string): Promise<PartitionStatus[]> {
  const { rows } = await pool.query<PartitionStatus & { place: string }>(
    `SELECT each_one.* FROM millrace_control.backfills AS plan, LATERAL (${PARTITIONS("plan")}) AS each_one
     WHERE plan.id = $1 ORDER BY each_one.place`,
    [id],
  );
  return rows.map(({ partition, state, run, durationMs, error }) => ({
    partition,
    state,
    run,
    durationMs,
    error,
  }));
}

function statusOf({ requested_at, cancelled_at, ...row }: StatusRow): BackfillStatus {
  const { waiting = 0, queued = 0, running = 0 } = row.counts;
  return {
    ...row,
    requestedAt: requested_at.toISOString(),
    cancelledAt: cancelled_at?.toISOString() ?? null,
    over: waiting + queued + running === 0,
  };
}
