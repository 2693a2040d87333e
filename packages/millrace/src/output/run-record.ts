import { addCounts, type Counts, zeroCounts } from "@millrace/core";
import type { RunRecord } from "@millrace/platform";
import type { Style } from "./style.ts";

/** The counts of a run over all its tables. */
export function runTotals(record: Pick<RunRecord, "counts">): Counts {
  return Object.values(record.counts).reduce((total, counts) => addCounts(total, counts), zeroCounts());
}

/** A run's status in its colour. */
export function paintStatus(status: RunRecord["status"], style: Style): string {
  if (status === "succeeded") return style.green(status);
  if (status === "failed" || status === "died") return style.red(status);
  return status === "stopped" ? style.yellow(status) : style.cyan(status);
}
