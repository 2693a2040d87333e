import { MillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import type { RejectedRow } from "./shaped-batch.ts";

/** Why a row is not stored. */
export type Refusal = Omit<RejectedRow, "index">;

/** Names of a row that a message lists at most. */
const LISTED = 10;

/** Refuses a row for the value of one column. */
export function refuseValue(column: string, why: string): Refusal {
  return { code: "MLR_ROW_INVALID", message: `column "${shorten(column)}": ${why}` };
}

/** @param seen whether any row has had the column: if none has, its name is likely mistaken, and the row's names help. */
export function refuseKeyless(column: string, row: Row, seen: boolean): Refusal {
  const names = Object.keys(row).slice(0, LISTED).map(shorten).join(", ");
  const has = seen ? "" : `; the row has ${names === "" ? "no columns" : names}`;
  return { code: "MLR_ROW_KEY_MISSING", message: `key column "${column}" has no value${has}` };
}

/** MLR_SCHEMA_FROZEN: what would have changed the table, and the ways out. */
export function frozenError(table: string, column: string, why: string): MillraceError {
  return new MillraceError("MLR_SCHEMA_FROZEN", `table "${table}" is frozen, column "${column}": ${why}`, {
    hint: 'Change the table, or set contract: "evolve", "discard" or "quarantine".',
    details: { table, column },
  });
}

function shorten(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40).toWellFormed()}…` : name;
}
