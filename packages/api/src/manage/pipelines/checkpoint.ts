import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function pipelineCheckpoint(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "pipelineCheckpoint is not there yet"));
}
