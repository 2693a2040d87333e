import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function runPhases(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runPhases is not there yet"));
}
