import type { Destination } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import type { Pipeline } from "../pipeline.ts";
import { tableModes } from "../run/table-modes.ts";

/**
 * The part of a pipeline that runs of refused rows are: they have a lease, a fence and commits of their own, beside the
 * pipeline's own runs. No partition that is asked for has an @ in its name.
 */
export const REPROCESS_PARTITION = "@reprocess";

/**
 * Refuses to put rows through a pipeline again whose tables are written as a whole, or whose destination cannot let them
 * leave the quarantine. Fails with MLR_ARGUMENT_INVALID.
 * @param destination where it is known
 */
export function checkReprocess(pipeline: Pipeline, destination?: Destination): void {
  const whole = tableModes(pipeline).find((mode) => mode === "replace" || mode === "snapshot");
  if (whole !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `pipeline "${pipeline.name}" has a table in mode ${whole}, which is always written as a whole`,
      { hint: `Run the pipeline again, which reads everything: millrace run ${pipeline.name}` },
    );
  }
  if (destination === undefined || destination.capabilities.reprocess === true) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${destination.kind} cannot let rows leave its quarantine in the commit in which they land`,
    {
      hint: `Run the pipeline again with --full, which reads everything: millrace run ${pipeline.name} --full`,
    },
  );
}
