import { MillraceError } from "@millrace/core";

/** Not answered yet. */
export function runEvents(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runEvents is not there yet"));
}

/** Not answered yet. */
export function runFunctions(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runFunctions is not there yet"));
}

/** Not answered yet. */
export function runObjects(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runObjects is not there yet"));
}

/** Not answered yet. */
export function runTables(..._: readonly unknown[]): Promise<never> {
  return Promise.reject(new MillraceError("MLR_INTERNAL", "runTables is not there yet"));
}
