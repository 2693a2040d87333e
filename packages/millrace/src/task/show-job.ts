import type { Json } from "@millrace/core";
import { getJob, jobPayload, type JobRecord } from "@millrace/orchestrator";
import type { RunRecord } from "@millrace/platform";
import type { CliContext } from "../cli-context.ts";
import { errorBlock } from "../output/error-block.ts";
import { formatDuration } from "../output/numbers.ts";
import { paintStatus } from "../output/run-record.ts";
import type { Style } from "../output/style.ts";
import { clean, cleanLines } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { valueText } from "../output/value-text.ts";
import { withWorkspace } from "../workspace/workspace.ts";
import { progressText } from "./progress-text.ts";

/** Prints one job, and what it was given only where that is asked for. */
export async function showJob(cli: CliContext, id: string, withPayload: boolean): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const control = await workspace.control();
    const job = await getJob(control.pool, id);
    const run = await control.runs.get(job.id);
    const payload = withPayload ? await jobPayload(control.pool, job.id) : undefined;
    const shown = { ...job, log: run.log, ...(payload === undefined ? {} : { payload }) };
    cli.printer.result(shown, () => forPeople({ job, run, payload, style: cli.printer.style }));
  });
}

function forPeople(shown: {
  readonly job: JobRecord;
  readonly run: RunRecord;
  readonly payload: Json | undefined;
  readonly style: Style;
}): string {
  const { job, run, payload, style } = shown;
  const facts: (readonly [string, string] | false)[] = [
    ["job", job.id],
    ["task", clean(job.task)],
    ["status", paintStatus(job.status, style)],
    ["attempts", `${job.attempts} of at most ${job.maxAttempts}`],
    ["queued", `${timeText(job.queuedAt)}${job.requestedBy === null ? "" : ` by ${clean(job.requestedBy)}`}`],
    job.status === "queued" && ["not before", timeText(job.availableAt)],
    job.startedAt !== null && ["started", timeText(job.startedAt)],
    job.durationMs !== null && ["lasted", formatDuration(job.durationMs)],
    job.uniqueKey !== null && ["key", clean(job.uniqueKey)],
    job.progress !== null && ["progress", clean(progressText(job.progress))],
    job.payloadFields.length > 0 && ["given", job.payloadFields.map(clean).join(", ")],
    payload !== undefined && ["payload", valueText(payload, 10_000)],
    job.status === "succeeded" && ["result", valueText(job.result, 10_000)],
  ];
  const blocks = [
    facts
      .filter((fact) => fact !== false)
      .map(([name, value]) => `${style.dim(name.padEnd(11))}${value}`)
      .join("\n"),
  ];
  if (run.log.length > 0) {
    const lines = run.log.map(
      ({ at, level, message }) =>
        `  ${style.dim(timeText(at))} ${level} ${cleanLines(message).replaceAll("\n", "\n    ")}`,
    );
    blocks.push([style.dim("log"), ...lines].join("\n"));
  }
  if (run.error) blocks.push(errorBlock(run.error, style));
  return blocks.join("\n\n");
}
