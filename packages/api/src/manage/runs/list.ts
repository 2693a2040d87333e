import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function listRuns(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "listRuns is not there yet"));
}
