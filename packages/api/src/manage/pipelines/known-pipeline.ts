import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function knownPipeline(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "knownPipeline is not there yet"));
}
