import { hash } from "node:crypto";

/** Database of everything that Millrace keeps for itself. */
export const STATE_DATABASE = "millrace";

/** Digits that tell pipelines apart in names of tables. */
const DIGITS = 12;

/** A pipeline in the names of its tables. */
export function pipelineId(pipeline: string): string {
  return hash("sha256", pipeline, "hex").slice(0, DIGITS);
}

/** The journal of a pipeline while this attempt is the latest: its name is the fence. */
export function journalTable(id: string, attempt: bigint): string {
  return `journal_${id}_${attempt}`;
}

/** A table of one attempt's own: rows on their way. `what` is unique within the attempt. */
export function workTable(id: string, attempt: bigint, what: string): string {
  return `work_${id}_${attempt}_${what}`;
}

/** What `workTable` was called with; undefined for other names. */
export function parseWorkTable(
  name: string,
): { readonly attempt: bigint; readonly what: string } | undefined {
  const match = /^work_[0-9a-f]+_(\d+)_(.+)$/.exec(name);
  return match === null ? undefined : { attempt: BigInt(match[1] ?? "0"), what: match[2] ?? "" };
}

/** What an open epoch has seen (merge), or has read so far (replace and snapshot). */
export function epochTable(id: string, epoch: string, table: string): string {
  return `epoch_${id}_${hash("sha256", `${epoch}\0${table}`, "hex").slice(0, DIGITS)}`;
}

/** The table that holds the rows of upsert and merge tables; the name itself is a view of the live ones. */
export function rowsTable(name: string): string {
  return `${name}__rows`;
}

/** What the name of a table ends with for the moment in which it takes the place of another one. */
export const NEXT_SUFFIX = "__millrace_next";

/** Number of a commit that is the same for no other pipeline: what column `_batch` holds. */
export function batchNumber(id: string, commit: bigint): bigint {
  // 23 bits of the pipeline before 40 of the commit: a thousand years of commits at 30 a second.
  return ((BigInt(`0x${id.slice(0, 6)}`) >> 1n) << 40n) | commit;
}
