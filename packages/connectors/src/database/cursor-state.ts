import type { Json } from "@millrace/core";
import { fieldsOf, fromState, toState } from "./state-value.ts";
import type { SeenRow } from "./seen-window.ts";

/** What is kept of a reading with a cursor. */
export interface CursorState {
  readonly column: string;
  /** The greatest value that was read. */
  readonly value: unknown;
  /** Rows that were passed on and lie where the next reading begins. */
  readonly seen: readonly SeenRow[];
  /** The next reading begins here at the earliest: of what lies before it not all rows are in `seen`. Undefined: anywhere. */
  readonly from?: { readonly value: unknown; readonly beyond: boolean };
}

/** The state as JSON. */
export function writeCursorState({ column, value, seen, from }: CursorState): Json {
  return {
    cursor: column,
    value: toState(value),
    ...(seen.length === 0 ? {} : { seen: seen.map(([id, place]) => [id, place]) }),
    ...(from === undefined ? {} : { from: toState(from.value), beyond: from.beyond }),
  };
}

/** Reads it back; undefined where it belongs to another column or another way of reading. */
export function readCursorState(state: Json | undefined, column: string): CursorState | undefined {
  const fields = fieldsOf(state);
  if (fields === undefined) return undefined;
  const { cursor, value, seen, from, beyond } = fields;
  if (cursor !== column || value === undefined) return undefined;
  return {
    column,
    value: fromState(value),
    seen: Array.isArray(seen) ? (seen as SeenRow[]) : [],
    ...(from === undefined ? {} : { from: { value: fromState(from), beyond: beyond === true } }),
  };
}
