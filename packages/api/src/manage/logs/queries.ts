import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function listLogs(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "listLogs is not there yet"));
}
