import type { WriteMode } from "./table.ts";

const RUN = ["_run_id", "_loaded_at"];

/** Names of the columns that destinations add, by write mode; a user's column may not have one of them. */
const RESERVED: Readonly<Record<WriteMode, readonly string[]>> = {
  append: [],
  upsert: [],
  replace: RUN,
  snapshot: [...RUN, "_snapshot"],
  merge: [
    "_row_hash",
    ...RUN,
    // Of the history table, which has all columns of the table besides.
    "_version",
    "_operation",
    "_changed",
    "_archived_at",
    "_archived_run",
  ],
};

/** Whether a table of this mode keeps a column of this name for itself. */
export function isReservedName(name: string, mode: WriteMode): boolean {
  return RESERVED[mode].includes(name);
}
