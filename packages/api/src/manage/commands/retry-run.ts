import { MillraceError } from "@millrace/core";
import type { ApiContext } from "../../server/api-context.ts";

/**
 * Queues what a run that ended without success was asked for once more; gives the new run. Fails with MLR_RUN_NOT_FOUND, or
 * with MLR_ARGUMENT_INVALID where it goes on or has succeeded, or was given parameters: their values are not kept.
 */
export async function retryRun(
  { pool, operations }: Pick<ApiContext, "pool" | "operations">,
  id: string,
  by: string,
): Promise<{ pipeline: string; run: string }> {
  const { rows } = await pool.query<{ pipeline: string; kind: string; params: number }>(
    `SELECT pipeline, kind, CASE WHEN jsonb_typeof(options->'params') = 'array' THEN jsonb_array_length(options->'params')
       ELSE 0 END AS params
     FROM millrace_control.runs WHERE id = $1`,
    [id],
  );
  const [run] = rows;
  if (run === undefined)
    throw new MillraceError("MLR_RUN_NOT_FOUND", `There is no run ${id}`, { details: { run: id } });
  if (run.kind === "pipeline" && run.params > 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `Run ${id} was given parameters, which are not kept`, {
      hint: `Start "${run.pipeline}" with the parameters that it should have.`,
      details: { run: id, pipeline: run.pipeline },
    });
  }
  return { pipeline: run.pipeline, run: await operations.requeue(id, by) };
}
