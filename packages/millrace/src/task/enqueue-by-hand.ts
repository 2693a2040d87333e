import { text as textOf } from "node:stream/consumers";
import { MillraceError, newJob } from "@millrace/core";
import { enqueueJob } from "@millrace/orchestrator";
import type { CliContext } from "../cli-context.ts";
import { chooseTask, loadTasks } from "../project/load-tasks.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** How a job is asked for on the command line. */
export interface EnqueueFlags {
  readonly delay?: string;
  readonly priority?: number;
  readonly retries?: number;
  readonly unique?: string;
}

/** Queues a job of a task of the project, checked by the task's own schema. */
export async function enqueueByHand(
  cli: CliContext,
  name: string,
  asked: { readonly payload: string; readonly flags: EnqueueFlags },
): Promise<void> {
  const { delay, priority, retries, unique } = asked.flags;
  const payload = parse(asked.payload === "-" ? await textOf(cli.stdin) : asked.payload);
  await withWorkspace(cli, async (workspace) => {
    const task = chooseTask(await loadTasks(workspace.project), name);
    const job = await newJob(task, payload, {
      ...(delay === undefined ? {} : { delay }),
      ...(priority === undefined ? {} : { priority }),
      ...(retries === undefined ? {} : { retries }),
      ...(unique === undefined ? {} : { uniqueKey: unique }),
    });
    const { pool } = await workspace.control();
    const queued = await enqueueJob(pool, job, { requestedBy: whoAsks() });
    cli.printer.result({ task: name, ...queued }, () =>
      queued.created
        ? `${name}: queued as job ${queued.id}`
        : `${name}: job ${queued.id} has this key already; nothing was queued`,
    );
  });
}

/** The message of the parser repeats what it was given, which may hold secrets. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MillraceError("MLR_TASK_INPUT_INVALID", "The payload is not JSON", {
      hint: `Quote it for the shell: millrace task enqueue ocr '{"file":"a.pdf"}'`,
    });
  }
}
