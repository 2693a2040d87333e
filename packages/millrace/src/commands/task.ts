import type { Command } from "commander";
import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { addCommonOptions, examples } from "../program.ts";
import { enqueueByHand, type EnqueueFlags } from "../task/enqueue-by-hand.ts";
import { listByHand, listTasks } from "../task/list-jobs.ts";
import { showJob } from "../task/show-job.ts";
import { cancelJob, requeueJobs } from "../task/steer-jobs.ts";

/** `millrace task`: jobs of the project's tasks. */
export const task: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(['task enqueue ocr {"file":"a.pdf"}', "task list", "task dead"]));
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("enqueue", "Queue a job of a task.", [
    `task enqueue ocr '{"file":"a.pdf"}'`,
    `task enqueue ocr '{"file":"a.pdf"}' --delay 5m --unique a.pdf`,
    "task enqueue ocr - < payload.json",
  ])
    .argument("<task>", "its name, as in defineTask")
    .argument("[payload]", "what it is given, as JSON; - reads it from standard input", "null")
    .option("--delay <time>", "not before so long, such as 30s, 5m or 2h")
    .option("--priority <number>", "jobs of a higher one go first", wholeNumber)
    .option("--retries <count>", "further attempts after errors", wholeNumber)
    .option("--unique <key>", "only where the task has no job of this key yet")
    .action((name: string, payload: string, flags: EnqueueFlags) =>
      enqueueByHand(cli, name, { payload, flags }),
    );
  add("list", "List the latest jobs.", ["task list", "task list ocr --status running --json"])
    .argument("[task]", "only its jobs")
    .option("--status <status>", "only jobs that are queued, running, succeeded, failed, died or cancelled")
    .option("--limit <count>", "at most so many", positiveInteger, 20)
    .option("--before <job>", "only jobs older than this one: the next page")
    .action((name: string | undefined, flags: { status?: string; limit: number; before?: string }) =>
      listByHand(cli, { ...flags, ...(name === undefined ? {} : { task: name }) }),
    );
  add("dead", "List jobs that have failed or died for good.", ["task dead", "task dead ocr"])
    .argument("[task]", "only its jobs")
    .option("--limit <count>", "at most so many", positiveInteger, 20)
    .option("--before <job>", "only jobs older than this one: the next page")
    .action((name: string | undefined, flags: { limit: number; before?: string }) =>
      listByHand(cli, { ...flags, dead: true, ...(name === undefined ? {} : { task: name }) }),
    );
  add("show", "Show one job: how far it is, what it returned, why it failed.", ["task show 0198c2a4 --json"])
    .argument("<job>", "its id, or as many of its first digits as no other has")
    .option("--payload", "also what it was given, which may hold secrets")
    .action((id: string, flags: { payload?: boolean }) => showJob(cli, id, flags.payload === true));
  add("cancel", "End a job, or take it out of the queue.", ["task cancel 0198c2a4"])
    .argument("<job>", "its id, or its first digits")
    .action((id: string) => cancelJob(cli, id));
  add("requeue", "Queue jobs again that have failed, died or been cancelled.", [
    "task requeue 0198c2a4",
    "task requeue --all ocr",
  ])
    .argument("[jobs...]", "their ids, or first digits; with --all a task")
    .option("--all", "all that are dead, of the task that is named or of every one")
    .action((ids: string[], flags: { all?: boolean }) => requeueJobs(cli, ids, flags.all === true));
  add("tasks", "List the project's tasks.", ["task tasks --json"]).action(() => listTasks(cli));
};

function wholeNumber(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}
