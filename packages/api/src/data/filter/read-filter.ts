import { MillraceError } from "@millrace/core";
import { FILTER_CONDITIONS, FILTER_DEPTH, type Filter, FilterJson } from "./filter.ts";

/**
 * Reads a filter from JSON that was parsed. Fails with MLR_ARGUMENT_INVALID for what is none, and for one that is too large.
 * @param where what the message calls it
 */
export function readFilter(json: unknown, where = "filter"): Filter {
  // Before the schema looks at it, which calls itself for each level.
  checkSize(json, where);
  const read = FilterJson.safeParse(json);
  if (read.success) return read.data;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${where}" is no filter`, {
    hint: 'A filter is {"column":"price","op":"gte","value":10}, or {"and":[…]}, {"or":[…]}, {"not":…} of such.',
    details: { field: where },
  });
}

function checkSize(json: unknown, where: string): void {
  let left = FILTER_CONDITIONS;
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null) return;
    if (depth > FILTER_DEPTH) throw tooLarge(where, `more than ${FILTER_DEPTH} levels`);
    const { and, or, not, column } = value as Readonly<Record<string, unknown>>;
    if (column !== undefined) left -= 1;
    if (left < 0) throw tooLarge(where, `more than ${FILTER_CONDITIONS} conditions`);
    for (const list of [and, or]) if (Array.isArray(list)) for (const each of list) look(each, depth + 1);
    look(not, depth + 1);
  };
  look(json, 1);
}

function tooLarge(where: string, has: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `"${where}" has ${has}`, {
    hint: "Ask for less at once; `in` takes a list of values.",
    details: { field: where },
  });
}
