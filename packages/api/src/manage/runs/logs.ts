import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function runLogs(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runLogs is not there yet"));
}
