import type { RunLimits } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import { enqueue } from "../queue/enqueue.ts";
import type { RunRequest } from "../queue/run-request.ts";
import type { BackfillPartition } from "./plan-backfill.ts";

/** A backfill that is to begin. */
export interface NewBackfill {
  readonly pipeline: string;
  readonly group?: string | undefined;
  /** In the order in which they are to be done. */
  readonly partitions: readonly BackfillPartition[];
  /** As it was asked for; absent: the partitions were named one by one. */
  readonly range?: {
    readonly from: string;
    readonly to: string;
    readonly by: string;
    readonly timeZone: string;
  };
  /** Partitions at the same time. */
  readonly parallel: number;
  /** Also those that have succeeded before: they are read from their beginning. */
  readonly again: boolean;
  readonly request: RunRequest;
  readonly limits: RunLimits;
  readonly codeVersion?: string | undefined;
  readonly by: string;
}

/** What a backfill begins with. */
export interface StartedBackfill {
  /** UUID. */
  readonly id: string;
  /** Names of the partitions that were queued. */
  readonly queued: readonly string[];
  /** Those that have succeeded before. */
  readonly done: readonly string[];
  /** Those that wait or go on already, for an earlier backfill. */
  readonly busy: readonly string[];
}

/** The time to which runs are put off whose turn has not come; as `release_backfill` has it. */
const FAR_MS = Date.parse("9999-01-01T00:00:00Z");
/** Runs that are queued with one statement. */
const PAGE = 1_000;

/**
 * Queues a run for each partition that has not succeeded and is not on its way. They wait for one another: so many as
 * `parallel` says may be claimed at a time. Called again with the same partitions it goes on where it was.
 */
export async function startBackfill(pool: pg.Pool, backfill: NewBackfill): Promise<StartedBackfill> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const started = await start(client, backfill);
    await client.query("COMMIT");
    client.release();
    return started;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Which of these partitions have succeeded, and which wait or go on. */
export async function knownPartitions(
  database: pg.Pool | pg.ClientBase,
  pipeline: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, "done" | "busy">> {
  const { rows } = await database.query<{ partition: string; state: "done" | "busy" }>(
    `SELECT known.partition, CASE WHEN run.id IS NULL THEN 'done' ELSE 'busy' END AS state
     FROM millrace_control.backfill_partitions AS known
     LEFT JOIN millrace_control.runs AS run ON run.id = known.run AND run.status IN ('queued', 'running')
     WHERE known.pipeline = $1 AND known.partition = ANY ($2) AND (known.succeeded_at IS NOT NULL OR run.id IS NOT NULL)`,
    [pipeline, names],
  );
  return new Map(rows.map(({ partition, state }) => [partition, state]));
}

async function start(client: pg.ClientBase, backfill: NewBackfill): Promise<StartedBackfill> {
  const { pipeline, partitions, range, parallel, by } = backfill;
  // Two that are started at once do not queue a partition twice.
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('millrace backfill ' || $1, 0))", [
    pipeline,
  ]);
  const names = partitions.map(({ name }) => name);
  const known = await knownPartitions(client, pipeline, names);
  const wanted = partitions.filter(({ name }) => {
    const state = known.get(name);
    return state === undefined || (state === "done" && backfill.again);
  });
  const id = newRunId();
  await client.query(
    `INSERT INTO millrace_control.backfills (id, pipeline, range, partitions, parallel, requested_by)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, pipeline, range === undefined ? null : JSON.stringify(range), names, parallel, by],
  );
  for (let at = 0; at < wanted.length; at += PAGE)
    await queue(client, { backfill, id, partitions: wanted.slice(at, at + PAGE) });
  await client.query("SELECT millrace_control.release_backfill($1)", [id]);
  const queued = wanted.map(({ name }) => name);
  const of = (state: "done" | "busy"): string[] =>
    names.filter((name) => known.get(name) === state && !queued.includes(name));
  return { id, queued, done: of("done"), busy: of("busy") };
}

async function queue(
  client: pg.ClientBase,
  page: {
    readonly backfill: NewBackfill;
    readonly id: string;
    readonly partitions: readonly BackfillPartition[];
  },
): Promise<void> {
  const { backfill, id, partitions } = page;
  const runs = partitions.map((partition) => ({ partition, run: newRunId() }));
  await enqueue(
    client,
    runs.map(({ partition, run }) => ({
      id: run,
      pipeline: backfill.pipeline,
      group: backfill.group,
      partition: partition.name,
      trigger: "backfill",
      startMs: FAR_MS,
      request: { ...backfill.request, partition, ...(backfill.again ? { full: true } : {}) },
      requestedBy: backfill.by,
      limits: backfill.limits,
      codeVersion: backfill.codeVersion,
      backfill: id,
    })),
  );
  await client.query(
    `INSERT INTO millrace_control.backfill_partitions AS known (pipeline, partition, start_at, end_at, run)
     SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::uuid[])
     ON CONFLICT (pipeline, partition) DO UPDATE SET start_at = excluded.start_at, end_at = excluded.end_at,
       run = excluded.run, succeeded_at = NULL`,
    [
      backfill.pipeline,
      partitions.map(({ name }) => name),
      partitions.map(({ start: at }) => at ?? null),
      partitions.map(({ end }) => end ?? null),
      runs.map(({ run }) => run),
    ],
  );
}
