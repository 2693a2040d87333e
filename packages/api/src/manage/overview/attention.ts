import type pg from "pg";
import type { z } from "zod";
import { changesSince, type LatestRun } from "./changes.ts";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { AttentionItem } from "./schemas.ts";

type Item = z.infer<typeof AttentionItem>;

/** A pipeline that somebody should look at. */
export interface Troubled extends JudgedPipeline {
  readonly state: Item["state"];
  /** Rows that its latest run refused. */
  readonly refused: number;
}

/** What comes first. */
const URGENCY = ["failing", "late", "refusing"] as const;

/** The pipelines of these that fail, then those that are late, then those that refuse rows, the newest trouble first. */
export async function needingAttention(
  pool: pg.Pool,
  pipelines: readonly JudgedPipeline[],
): Promise<Troubled[]> {
  const refused = await refusedRows(pool, pipelines);
  return pipelines
    .flatMap((pipeline): Troubled[] => {
      const { health, name } = pipeline;
      const rows = refused.get(name) ?? 0;
      if (health === "failing" || health === "late") return [{ ...pipeline, state: health, refused: rows }];
      return health === "healthy" && rows > 0 ? [{ ...pipeline, state: "refusing", refused: rows }] : [];
    })
    .toSorted(
      (a, b) =>
        URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) ||
        sinceOf(b) - sinceOf(a) ||
        (a.name < b.name ? -1 : 1),
    );
}

/** By name, how many rows the latest run of each refused; those that refused none are left out. */
async function refusedRows(
  pool: pg.Pool,
  pipelines: readonly JudgedPipeline[],
): Promise<ReadonlyMap<string, number>> {
  const runs = pipelines.flatMap(({ lastRun }) => (lastRun === null ? [] : [lastRun]));
  const { rows } = await pool.query<{ pipeline: string; refused: string }>(
    `SELECT pipeline, sum((counted.value ->> 'rejected')::bigint) AS refused
     FROM millrace_control.runs CROSS JOIN LATERAL jsonb_each(counts) AS counted
     WHERE id = ANY ($1::uuid[]) GROUP BY pipeline HAVING sum((counted.value ->> 'rejected')::bigint) > 0`,
    [runs],
  );
  return new Map(rows.map(({ pipeline, refused }) => [pipeline, Number(refused)]));
}

/** What there is to say about each of them. */
export async function attention(pool: pg.Pool, pipelines: readonly Troubled[]): Promise<Item[]> {
  const runs = pipelines.flatMap(({ lastRun }) => (lastRun === null ? [] : [lastRun]));
  const { rows } = await pool.query<RunRow>(RUNS, [runs]);
  const latest = new Map(rows.map((row) => [row.id, row]));
  const changes = await changesSince(pool, pipelines, latest);
  return pipelines.map((pipeline) => {
    const run = pipeline.lastRun === null ? undefined : latest.get(pipeline.lastRun);
    const { expected, success, health, state, refused } = pipeline;
    return {
      pipeline: pipeline.name,
      group: pipeline.group,
      owner: pipeline.owner,
      state,
      refused,
      since: new Date(sinceOf(pipeline)).toISOString(),
      failures: pipeline.failures,
      run:
        run === undefined
          ? null
          : {
              id: run.id,
              status: run.status,
              finishedAt: run.finished_at?.toISOString() ?? null,
              trigger: run.trigger,
            },
      error: health === "failing" ? errorOf(run) : null,
      lastLine: run?.last_line ?? null,
      lastSuccessAt: success === null ? null : new Date(success.finishedAt).toISOString(),
      expectedAt: expected === undefined ? null : new Date(expected.by).toISOString(),
      changes: changes.get(pipeline.name) ?? [],
    };
  });
}

function sinceOf({ state, failingSince, expected, success }: Troubled): number {
  const since = { failing: failingSince, late: expected?.by, refusing: success?.finishedAt };
  return since[state] ?? 0;
}

function errorOf(run: RunRow | undefined): Item["error"] {
  if (run === undefined || run.error === null) return null;
  const { code, message, hint } = run.error;
  return { code: code ?? "MLR_INTERNAL", message: message ?? "", hint: hint ?? null };
}

interface RunRow extends LatestRun {
  readonly status: NonNullable<Item["run"]>["status"];
  readonly trigger: string;
  readonly finished_at: Date | null;
  readonly error: { readonly code?: string; readonly message?: string; readonly hint?: string } | null;
  readonly last_line: string | null;
}

const RUNS = `
  SELECT id, status, trigger, finished_at, code_version, options, error,
    left(coalesce(
      jsonb_path_query_array(log, '$[*] ? (@.level == "warn")') -> -1 ->> 'message',
      log -> -1 ->> 'message'), 2000) AS last_line
  FROM millrace_control.runs WHERE id = ANY ($1::uuid[])`;
