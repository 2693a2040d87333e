import { createFilesTarget, type FilesTarget } from "./files-target.ts";
import type { FilesOptions } from "./options.ts";

export type { FilesTarget } from "./files-target.ts";
export type { FilesOptions } from "./options.ts";

/**
 * A folder of CSV, JSONL or Parquet files as destination: one folder per table, read with a plain glob.
 *
 * ```ts
 * destination: files({ path: "out", format: "parquet" }).table("earthquakes")
 * ```
 *
 * Tables are appended to (the default), replaced, or kept as snapshots. Files become visible whole, and a run that is killed at
 * any moment leaves nothing half and nothing twice. State is kept in the folder `_millrace` beside the tables.
 * Fails with MLR_OPTION_UNKNOWN, MLR_ARGUMENT_INVALID, or MLR_PIPELINE_INVALID for modes that need a database.
 */
export function files(options: FilesOptions): FilesTarget {
  return createFilesTarget(options);
}
