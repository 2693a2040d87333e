import type pg from "pg";
import type { z } from "zod";
import { changesSince, type LatestRun } from "./changes.ts";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { AttentionItem } from "./schemas.ts";

type Item = z.infer<typeof AttentionItem>;

/** The pipelines of these that fail, then those that are late, the newest trouble first. */
export function needingAttention(pipelines: readonly JudgedPipeline[]): JudgedPipeline[] {
  return pipelines
    .filter(({ health }) => health === "failing" || health === "late")
    .toSorted(
      (a, b) =>
        Number(a.health === "late") - Number(b.health === "late") ||
        sinceOf(b) - sinceOf(a) ||
        (a.name < b.name ? -1 : 1),
    );
}

/** What there is to say about each of them. */
export async function attention(pool: pg.Pool, pipelines: readonly JudgedPipeline[]): Promise<Item[]> {
  const runs = pipelines.flatMap(({ lastRun }) => (lastRun === null ? [] : [lastRun]));
  const { rows } = await pool.query<RunRow>(RUNS, [runs]);
  const latest = new Map(rows.map((row) => [row.id, row]));
  const changes = await changesSince(pool, pipelines, latest);
  return pipelines.map((pipeline) => {
    const run = pipeline.lastRun === null ? undefined : latest.get(pipeline.lastRun);
    const { expected, success, health } = pipeline;
    return {
      pipeline: pipeline.name,
      group: pipeline.group,
      owner: pipeline.owner,
      state: health === "failing" ? "failing" : "late",
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

function sinceOf({ health, failingSince, expected }: JudgedPipeline): number {
  return (health === "failing" ? failingSince : expected?.by) ?? 0;
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
