import type { Destination } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import type { Pipeline } from "../pipeline.ts";
import { tableModes } from "./table-modes.ts";

const HINT =
  "Backfills need tables in mode append, upsert or merge on PostgreSQL; run it with --param and --full instead.";

/**
 * Refuses to run parts of a pipeline whose tables are written as a whole. Fails with MLR_ARGUMENT_INVALID.
 * @param destination where it is known: whether that can
 */
export function checkPartition(pipeline: Pipeline, destination?: Destination): void {
  const whole = tableModes(pipeline).find((mode) => mode === "replace" || mode === "snapshot");
  if (whole !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `pipeline "${pipeline.name}" has a table in mode ${whole}, which is always written as a whole`,
      { hint: HINT },
    );
  }
  if (destination === undefined || destination.capabilities.partitions === true) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${destination.kind} cannot be written by partitions of a pipeline`,
    { hint: HINT },
  );
}
