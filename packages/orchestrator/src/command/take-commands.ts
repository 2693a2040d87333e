import type { SourceCommand } from "@millrace/core";
import { publish } from "@millrace/platform";
import type pg from "pg";
import type { ControlOutcome } from "../worker/protocol.ts";

/** The channel of LISTEN on which commands are announced. */
export const COMMANDS_CHANNEL = "millrace_commands";

/** A command for a run that goes on. */
export type RunCommand = { readonly id: string; readonly run: string } & (
  | { readonly kind: "stop" | "cancel" | "pause" | "restart" }
  /** For its source. */
  | { readonly kind: "control"; readonly name: string; readonly args: SourceCommand["args"] }
);

/**
 * Takes the commands for runs of this worker, says that it has them, has them carried out, and records when that is done.
 * @param act begins to carry one out and resolves when it is done; undefined where the run is not here (any more)
 */
export async function takeRunCommands(
  pool: pg.Pool,
  worker: string,
  act: (command: RunCommand) => Promise<void | ControlOutcome> | undefined,
): Promise<void> {
  const { rows } = await pool.query<TakenCommand>(
    `UPDATE millrace_control.commands AS command SET status = 'accepted', worker = $1, accepted_at = clock_timestamp()
     FROM millrace_control.runs AS run
     WHERE command.status = 'pending' AND run.id = command.run AND run.status = 'running' AND run.worker = $1
     RETURNING command.id, command.kind, command.run, command.pipeline, command.requested_by, command.name, command.args`,
    [worker],
  );
  for (const command of rows) {
    void Promise.resolve(act(command))
      .then((outcome) =>
        outcome === undefined ? finishCommand(pool, command) : finishControl(pool, command, outcome),
      )
      // Who asked sees that it was accepted, and the run's own record.
      .catch(() => undefined);
  }
}

type TakenCommand = RunCommand & { readonly pipeline: string; readonly requested_by: string };

async function finishControl(pool: pg.Pool, command: TakenCommand, outcome: ControlOutcome): Promise<void> {
  await pool.query(
    `UPDATE millrace_control.commands SET status = $2, done_at = clock_timestamp(), result = $3, answer = $4
     WHERE id = $1 AND status = 'accepted'`,
    outcome.done
      ? [command.id, "done", "done", JSON.stringify(outcome.answer)]
      : [command.id, "failed", `${outcome.code}: ${outcome.message}`, null],
  );
}

async function finishCommand(pool: pg.Pool, command: TakenCommand): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE millrace_control.commands AS command SET status = 'done', done_at = clock_timestamp(),
       result = (SELECT run.status FROM millrace_control.runs AS run WHERE run.id = command.run)
     WHERE id = $1 AND status = 'accepted'`,
    [command.id],
  );
  if (rowCount !== 1) return;
  await publish(pool, {
    type: "command.done",
    at: new Date().toISOString(),
    pipeline: command.pipeline,
    run: command.run,
    data: { command: command.kind, status: "done", by: command.requested_by },
  });
}
