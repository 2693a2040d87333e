import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function schemaChanges(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "schemaChanges is not there yet"));
}
