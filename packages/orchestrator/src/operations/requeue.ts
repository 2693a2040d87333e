import { MillraceError } from "@millrace/core";
import type pg from "pg";
import { giveCommand } from "../command/give-command.ts";
import type { RunRequest } from "../queue/run-request.ts";
import { requeueJob } from "../task/requeue-job.ts";

interface Ended {
  readonly pipeline: string;
  readonly kind: "pipeline" | "task";
  readonly status: string;
  /** What its record shows of how it was asked for: of parameters the names alone. */
  readonly options: RunRequest;
}

/**
 * Queues what ended without success once more: a job under its own id, a run of a pipeline as a new one that is asked for
 * the same, its parameters at their defaults. Gives the id. Fails with MLR_RUN_NOT_FOUND or MLR_ARGUMENT_INVALID.
 */
export async function requeue(pool: pg.Pool, id: string, by: string): Promise<string> {
  const { rows } = await pool.query<Ended>(
    "SELECT pipeline, kind, status, options FROM millrace_control.runs WHERE id = $1",
    [id],
  );
  const [run] = rows;
  if (run === undefined) {
    throw new MillraceError("MLR_RUN_NOT_FOUND", `There is no run ${id}`, { details: { run: id } });
  }
  if (run.kind === "task") {
    await requeueJob(pool, { id, by });
    return id;
  }
  if (!ENDED.has(run.status)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `Run ${id} cannot be queued again: it is ${run.status}`, {
      hint: "Runs that have failed, died, been stopped or cancelled can.",
      details: { run: id },
    });
  }
  const { full, since, limit, partition } = run.options;
  const { runs } = await giveCommand(pool, {
    kind: "start",
    target: run.pipeline,
    by,
    request: {
      ...(full === undefined ? {} : { full }),
      ...(since === undefined ? {} : { since }),
      ...(limit === undefined ? {} : { limit }),
      ...(partition === undefined ? {} : { partition }),
    },
  });
  return runs[0] ?? id;
}

const ENDED: ReadonlySet<string> = new Set(["failed", "died", "stopped", "cancelled"]);
