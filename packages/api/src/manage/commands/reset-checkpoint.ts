import { MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type { ApiContext } from "../../server/api-context.ts";

/** Forgets the checkpoints of a registered pipeline, and records who wanted it. Fails with MLR_PIPELINE_NOT_FOUND or MLR_LEASE_HELD. */
export async function resetCheckpoint(
  { pool, operations }: Pick<ApiContext, "pool" | "operations">,
  pipeline: string,
  by: string,
): Promise<void> {
  await operations.resetState(pipeline, by);
  await pool.query(
    `INSERT INTO millrace_control.commands (id, kind, pipeline, requested_by, status, done_at, result)
     VALUES ($1, 'reset', $2, $3, 'done', clock_timestamp(), 'done')`,
    [newRunId(), pipeline, by],
  );
}

/** Fails with MLR_ARGUMENT_INVALID where the name was not said once more as it is. */
export function checkConfirmed(name: string, confirm: string, place: "body" | "query" = "body"): void {
  if (confirm === name) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"confirm" in the ${place} is not the name "${name}"`, {
    details: { in: place, field: "confirm" },
    hint: `Give confirm as "${name}" to do it.`,
  });
}
