import { type Counts, type RunReport, zeroCounts, addCounts } from "@millrace/core";
import { errorBlock } from "./error-block.ts";
import { formatCount, formatMany, formatSeconds } from "./numbers.ts";
import type { Style } from "./style.ts";

/** How a run ended, in one line; a failed one with its error below. */
export function runSummary(report: RunReport, name: string, style: Style): string {
  const seconds = style.dim(`${formatSeconds(report.durationMs)} s`);
  const counts = countsText(sum(Object.values(report.tables)));
  switch (report.status) {
    case "succeeded":
      return `${style.green("✓")} ${name}  ${counts}  ${seconds}`;
    case "stopped":
      return `${style.yellow("■")} ${name}  stopped; ${counts} committed, the next run goes on from there  ${seconds}`;
    case "failed": {
      const block = errorBlock(
        report.error ?? { code: "MLR_INTERNAL", message: "failed", details: {} },
        style,
        name.trimEnd(),
      );
      return counts === NOTHING ? block : `${block}\n  ${style.dim(`committed before: ${counts}`)}`;
    }
  }
}

const NOTHING = "no rows";

/** `1,707 rows: 12 inserted, 1,695 unchanged`. */
function countsText(counts: Counts): string {
  const parts = (["inserted", "updated", "unchanged", "removed", "restored", "rejected"] as const)
    .filter((field) => counts[field] > 0)
    .map((field) => `${formatCount(counts[field])} ${field}`);
  if (parts.length === 0 && counts.read === 0) return NOTHING;
  return `${formatMany(counts.read, "row")}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce((total, counts) => addCounts(total, counts), zeroCounts());
}
