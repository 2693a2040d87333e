import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function listSchedules(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "listSchedules is not there yet"));
}
