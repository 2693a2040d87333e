import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function compareRun(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "compareRun is not there yet"));
}
