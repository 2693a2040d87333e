import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function pipelineStats(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "pipelineStats is not there yet"));
}
