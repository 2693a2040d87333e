import { MillraceError } from "@millrace/core";
import type pg from "pg";

/** Fails with MLR_PIPELINE_NOT_FOUND where the registry does not know the pipeline, and it has no runs either. */
export async function knownPipeline(pool: pg.Pool, name: string): Promise<void> {
  const { rows } = await pool.query<{ known: boolean }>(
    `SELECT EXISTS (SELECT FROM millrace_control.pipelines WHERE name = $1)
       OR EXISTS (SELECT FROM millrace_control.runs WHERE pipeline = $1 AND kind = 'pipeline') AS known`,
    [name],
  );
  if (rows[0]?.known !== true) throw noPipeline(name);
}

/** The error for a pipeline that nobody knows. */
export function noPipeline(name: string): MillraceError {
  return new MillraceError("MLR_PIPELINE_NOT_FOUND", `There is no pipeline "${name}"`, {
    hint: "GET /api/v1/pipelines lists them.",
  });
}
