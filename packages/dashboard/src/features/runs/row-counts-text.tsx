import type { ReactNode } from "react";
import { formatCount } from "../../format/format-count.ts";

/** What happened to the rows of a run. */
export interface Counts {
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly rejected: number;
}

/** Counts in one line, without those that are zero: `1,200 inserted · 3 removed`. */
export function RowCountsText({ rows }: { readonly rows: Counts }): ReactNode {
  const parts = (
    [
      [rows.inserted, "inserted"],
      [rows.updated, "updated"],
      [rows.removed, "removed"],
    ] as const
  ).filter(([count]) => count > 0);
  const quiet = rows.read > 0 ? `${formatCount(rows.read)} read, nothing changed` : "no rows";
  return (
    <p className="truncate text-sm text-muted">
      {parts.length === 0 ? quiet : parts.map(([count, word]) => `${formatCount(count)} ${word}`).join(" · ")}
      {rows.rejected > 0 && <span className="text-late"> · {formatCount(rows.rejected)} rejected</span>}
    </p>
  );
}
