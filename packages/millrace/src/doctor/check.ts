import { type ErrorReport } from "../output/error-block.ts";
import { reportOf } from "../output/printer.ts";

/** What one look at the machine or the project found. */
export interface Check {
  /** What was looked at: `node`, `disk`, … */
  readonly name: string;
  /** `warn`: works, but worth knowing. */
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
}

/** A check that failed with `error`. */
export function failed(name: string, error: unknown): Check {
  const { message, hint }: ErrorReport = reportOf(error);
  return { name, status: "fail", message, ...(hint === undefined ? {} : { hint }) };
}
