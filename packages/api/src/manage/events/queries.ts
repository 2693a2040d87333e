import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function listEvents(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "listEvents is not there yet"));
}
