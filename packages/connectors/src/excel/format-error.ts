import { MillraceError } from "@millrace/core";

/** An error of what is in a workbook. */
export function formatError(file: string, what: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${file} ${what}`, { hint, details: { file }, cause });
}
