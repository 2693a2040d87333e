import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function listGroups(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "listGroups is not there yet"));
}
