import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function pipelineVersions(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "pipelineVersions is not there yet"));
}
