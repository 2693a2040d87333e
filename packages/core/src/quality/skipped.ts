import type { ColumnDefinition } from "../schema/table.ts";
import type { Finding } from "./quality-rule.ts";

/** A rule that cannot be judged, and why. */
export function skipped(reason: string): Finding {
  return { status: "skipped", observed: null, failures: 0, reason };
}

/** The rule's table was never written. */
export const NO_TABLE = skipped("there is no such table yet");

/** Says which of the columns the table does not have; undefined where it has all. */
export function missingColumn(
  wanted: readonly string[],
  found: readonly (ColumnDefinition | undefined)[],
): Finding | undefined {
  const index = found.indexOf(undefined);
  return index === -1 ? undefined : skipped(`the table has no column "${wanted[index]}"`);
}
