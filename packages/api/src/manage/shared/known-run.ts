import { MillraceError } from "@millrace/core";
import type pg from "pg";

/** Fails with MLR_RUN_NOT_FOUND where there is no run of this id. */
export async function knownRun(pool: pg.Pool, id: string): Promise<void> {
  const { rowCount } = await pool.query("SELECT FROM millrace_control.runs WHERE id = $1", [id]);
  if (rowCount === 0) throw noRun(id);
}

/** The error for a run that is not there. */
export function noRun(id: string): MillraceError {
  return new MillraceError("MLR_RUN_NOT_FOUND", `There is no run ${id}`, {
    hint: "GET /api/v1/runs lists them. Old ones are pruned.",
  });
}
