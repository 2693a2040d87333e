import type { FileRead, FunctionCalls, TouchedObject } from "@millrace/core";

/** What a run's watched functions came to, and what it touched: as far as it was told and is not written yet. */
export interface RunFacts {
  /** UUID. */
  readonly run: string;
  /** Fence number of the process that told it; 0 before the destination is open. */
  readonly attempt: string;
  readonly pipeline: string;
  /** ISO 8601. */
  readonly at: string;
  readonly calls: readonly FunctionCalls[];
  readonly objects: readonly TouchedObject[];
  /** Absent in what an older version kept. */
  readonly files?: readonly FileRead[];
}
