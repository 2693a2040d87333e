import { MillraceError } from "@millrace/core";

/** Fails with MLR_DESTINATION_CONFLICT where a statement did not change as many rows as were found to be changed. */
export function requireCount(table: string, changed: number, found: number): void {
  if (changed === found) return;
  throw new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `another writer changed table "${table}" during the commit: ${changed} rows were written, not ${found}`,
    { hint: "Nothing was committed. Try again.", details: { table, changed, found } },
  );
}
