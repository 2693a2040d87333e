import { MillraceError } from "@millrace/core";

/** What is thrown for an `after` that no page gave. */
export function badCursor(after: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `"after" in the query is not the "next" of a page`, {
    hint: "Give the next of the page before as it is, or leave it out for the first page.",
    details: { in: "query", field: "after", given: after.slice(0, 100) },
  });
}
