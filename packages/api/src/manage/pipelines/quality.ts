import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function pipelineQuality(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "pipelineQuality is not there yet"));
}
