import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function listPipelines(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "listPipelines is not there yet"));
}
