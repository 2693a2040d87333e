import type pg from "pg";
import type { z } from "zod";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { Health, Overview } from "./schemas.ts";

/** How many pipelines do how, and one sentence about it. */
export async function summary(
  pool: pg.Pool,
  pipelines: readonly JudgedPipeline[],
  now: number,
): Promise<z.infer<typeof Overview>> {
  const counts: Record<Health, number> = {
    healthy: 0,
    late: 0,
    failing: 0,
    paused: 0,
    disabled: 0,
    neverRan: 0,
  };
  for (const { health } of pipelines) counts[health]++;
  const { rows } = await pool.query<{ running: number; queued: number }>(AT_WORK);
  const work = rows[0] ?? { running: 0, queued: 0 };
  return {
    at: new Date(now).toISOString(),
    sentence: sentenceOf(counts, pipelines.length),
    pipelines: pipelines.length,
    ...counts,
    ...work,
  };
}

/** Far more than one would look at; counting further would take long. */
const AT_WORK = `
  SELECT (SELECT count(*)::int FROM millrace_control.runs WHERE status = 'running') AS running,
    (SELECT count(*)::int FROM (
      SELECT FROM millrace_control.runs WHERE status = 'queued' AND available_at <= clock_timestamp() LIMIT 10000
    ) AS waiting) AS queued`;

/** Such as `496 of 500 pipelines are healthy; 3 fail and 1 is late.` */
function sentenceOf(counts: Readonly<Record<Health, number>>, pipelines: number): string {
  if (pipelines === 0) return "There are no pipelines yet.";
  const trouble = [said(counts.failing, "fails", "fail"), said(counts.late, "is late", "are late")].filter(
    (part) => part !== undefined,
  );
  const aside = [
    said(counts.paused, "is paused", "are paused"),
    said(counts.disabled, "is disabled", "are disabled"),
    said(counts.neverRan, "has never run", "have never run"),
  ].filter((part) => part !== undefined);
  const first =
    counts.healthy === pipelines
      ? pipelines === 1
        ? "The one pipeline is healthy"
        : `All ${pipelines} pipelines are healthy`
      : `${counts.healthy} of ${pipelines} ${pipelines === 1 ? "pipeline" : "pipelines"} ${counts.healthy === 1 ? "is" : "are"} healthy`;
  return `${[first, joined(trouble), joined(aside)].filter((part) => part !== "").join("; ")}.`;
}

function said(count: number, one: string, many: string): string | undefined {
  return count === 0 ? undefined : `${count} ${count === 1 ? one : many}`;
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
