import { type Json, MillraceError, type RunLimits } from "@millrace/core";
import type pg from "pg";
import { type BackfillPlan, planBackfill } from "../backfill/plan-backfill.ts";
import { knownPartitions, startBackfill } from "../backfill/start-backfill.ts";
import type { PartitionUnit } from "../schedule/partitions.ts";

/** A backfill as somebody asks for it who does not have the project's code. */
export interface BackfillWishes {
  readonly pipeline: string;
  readonly from?: string;
  /** Not part of the range. */
  readonly to?: string;
  /** What the range is cut into. Default `day`. */
  readonly unit?: PartitionUnit;
  /** Where days begin. Default `UTC`. */
  readonly timeZone?: string;
  readonly partitions?: readonly string[];
  /** Runs at the same time. Default 1. */
  readonly parallel?: number;
  /** Only those that have not succeeded yet. Default true. */
  readonly missing?: boolean;
  /** Only say which they would be. Default false. */
  readonly dryRun?: boolean;
  /** Values of the pipeline's parameters. */
  readonly params?: Readonly<Record<string, Json>>;
  /** Who asks. */
  readonly by: string;
}

/** What a backfill does, or would do. */
export interface BackfillReceipt {
  /** Absent in a dry run. */
  readonly id?: string;
  /** Those that were queued, or would be. */
  readonly partitions: readonly string[];
  /** Those that have succeeded before, and are left out. */
  readonly done: readonly string[];
  /** Those that wait or go on already. */
  readonly busy: readonly string[];
}

interface Known {
  readonly group_name: string | null;
  readonly limits: RunLimits;
  readonly code_version: string | null;
}

/** Queues a backfill of a registered pipeline. Fails with MLR_ARGUMENT_INVALID or MLR_PIPELINE_NOT_FOUND. */
export async function backfillByRequest(pool: pg.Pool, wishes: BackfillWishes): Promise<BackfillReceipt> {
  const { pipeline, parallel = 1, missing = true, by, params } = wishes;
  const plan = planOf(wishes);
  const partitions = planBackfill(plan);
  const { group_name, limits, code_version } = await find(pool, pipeline);
  if (wishes.dryRun === true) {
    const names = partitions.map(({ name }) => name);
    const known = await knownPartitions(pool, pipeline, names);
    const of = (state: "done" | "busy"): string[] => names.filter((name) => known.get(name) === state);
    const busy = of("busy");
    const done = missing ? of("done") : [];
    return { partitions: names.filter((name) => !busy.includes(name) && !done.includes(name)), done, busy };
  }
  const { id, queued, done, busy } = await startBackfill(pool, {
    pipeline,
    group: group_name ?? undefined,
    partitions,
    ...("partitions" in plan ? {} : { range: { ...plan, timeZone: plan.timeZone ?? "UTC" } }),
    parallel,
    again: !missing,
    request: params === undefined ? {} : { params },
    limits,
    codeVersion: code_version ?? undefined,
    by,
  });
  return { id, partitions: queued, done, busy };
}

function planOf({ from, to, unit = "day", timeZone = "UTC", partitions }: BackfillWishes): BackfillPlan {
  if (partitions !== undefined && from === undefined && to === undefined) return { partitions };
  if (partitions === undefined && from !== undefined && to !== undefined)
    return { from, to, by: unit, timeZone };
  throw new MillraceError("MLR_ARGUMENT_INVALID", "A backfill is of a range or of named partitions", {
    hint: "Give `from` and `to`, or `partitions`, and not both.",
  });
}

async function find(pool: pg.Pool, pipeline: string): Promise<Known> {
  const { rows } = await pool.query<Known>(
    `SELECT group_name, limits, code_version FROM millrace_control.pipelines WHERE name = $1 AND retired_at IS NULL`,
    [pipeline],
  );
  const [known] = rows;
  if (known !== undefined) return known;
  throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `No pipeline "${pipeline}" is registered`, {
    details: { pipeline },
    hint: "`millrace up` registers the pipelines of a project.",
  });
}
