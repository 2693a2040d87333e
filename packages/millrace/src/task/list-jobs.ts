import { MillraceError } from "@millrace/core";
import { getJob, type JobRecord, type ListJobs, listJobs } from "@millrace/orchestrator";
import type { RecordStatus } from "@millrace/platform";
import type { CliContext } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatSeconds } from "../output/numbers.ts";
import { paintStatus } from "../output/run-record.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { loadTasks } from "../project/load-tasks.ts";
import { openProject } from "../project/open-project.ts";
import { withWorkspace } from "../workspace/workspace.ts";
import { progressText } from "./progress-text.ts";

const STATUSES: readonly RecordStatus[] = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "died",
  "cancelled",
  "stopped",
];

/** Prints the latest jobs, or those that are dead. */
export async function listByHand(
  cli: CliContext,
  flags: {
    readonly task?: string;
    readonly status?: string;
    readonly limit: number;
    readonly before?: string;
    readonly dead?: boolean;
  },
): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const { task, status, limit, before, dead } = flags;
    const wanted: ListJobs = {
      limit,
      ...(task === undefined ? {} : { task }),
      ...(status === undefined ? {} : { status: statusOf(status) }),
      ...(dead === undefined ? {} : { dead }),
      ...(before === undefined ? {} : { before: (await getJob(pool, before)).id }),
    };
    const jobs = await listJobs(pool, wanted);
    cli.printer.result(jobs, () => forPeople(jobs, dead === true, cli.printer.style));
  });
}

/** Prints the tasks of the project. Opens no database. */
export async function listTasks(cli: CliContext): Promise<void> {
  const { tasks, errors } = await loadTasks(await openProject(cli.project()));
  if (cli.printer.json && errors[0] !== undefined) throw errors[0];
  const listed = tasks.map(({ task, file }) => ({
    name: task.name,
    description: task.description ?? null,
    file,
    ...task.limits,
    concurrency: task.concurrency,
    backoff: task.backoff,
  }));
  cli.printer.result(listed, () =>
    listed.length === 0
      ? 'No tasks yet: write export default defineTask("name", { run }) in a file under tasks/.'
      : renderTable(
          [
            { title: "task" },
            { title: "queue" },
            { title: "attempts", side: "right" },
            { title: "file" },
            { title: "" },
          ],
          listed.map((each) =>
            [each.name, each.queue, String(each.attempts), each.file, each.description ?? ""].map(clean),
          ),
          { heading: cli.printer.style.dim },
        ),
  );
  for (const error of errors) cli.printer.explain(error);
  if (errors.length > 0) cli.exit(EXIT.project);
}

function statusOf(text: string): RecordStatus {
  const found = STATUSES.find((status) => status === text);
  if (found !== undefined) return found;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `No job has the status "${text}"`, {
    hint: `Choose one of: ${STATUSES.join(", ")}.`,
  });
}

function forPeople(jobs: readonly JobRecord[], dead: boolean, style: Style): string {
  if (jobs.length === 0)
    return dead ? "No jobs are dead." : "No jobs yet. Queue one with: millrace task enqueue <task> <payload>";
  return renderTable(
    [
      { title: "job" },
      { title: "task" },
      { title: "queued" },
      { title: "seconds", side: "right" },
      { title: "attempt", side: "right" },
      { title: "status" },
      { title: "" },
    ],
    jobs.map((job) => [
      job.id,
      clean(job.task),
      timeText(job.queuedAt),
      job.durationMs === null ? "" : formatSeconds(job.durationMs),
      `${job.attempts} of ${job.maxAttempts}`,
      paintStatus(job.status, style),
      clean(noteOf(job)),
    ]),
    { heading: style.dim },
  );
}

/** How far it is, or why it failed. */
function noteOf(job: JobRecord): string {
  if (job.status === "running") return progressText(job.progress);
  const { error } = job;
  if (error === null || typeof error !== "object" || !("message" in error)) return "";
  const text = String(error.message);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
