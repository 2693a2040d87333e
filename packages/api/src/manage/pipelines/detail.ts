import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function pipelineDetail(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "pipelineDetail is not there yet"));
}
