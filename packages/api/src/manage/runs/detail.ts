import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function runDetail(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runDetail is not there yet"));
}
