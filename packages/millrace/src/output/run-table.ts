import type { Counts, RunReport } from "@millrace/core";
import { formatCount, formatSeconds } from "./numbers.ts";
import type { Style } from "./style.ts";
import { renderTable, type TableColumn } from "./table.ts";
import { clean } from "./text.ts";

const FIELDS = ["read", "inserted", "updated", "unchanged", "removed", "restored", "rejected"] as const;
const COLUMNS: readonly TableColumn[] = [
  { title: "pipeline" },
  { title: "table" },
  ...FIELDS.map((title): TableColumn => ({ title, side: "right" })),
  { title: "seconds", side: "right" },
  { title: "" },
];

/** What runs did: a line per table of each. */
export function runTable(reports: readonly RunReport[], style: Style): string {
  return renderTable(
    COLUMNS,
    reports.flatMap((report) => lines(report, style)),
    { heading: style.dim },
  );
}

function lines(report: RunReport, style: Style): string[][] {
  const tables: readonly (readonly [string, Counts | undefined])[] =
    Object.keys(report.tables).length === 0 ? [["", undefined]] : Object.entries(report.tables);
  return tables.map(([table, counts], index) => [
    index === 0 ? clean(report.pipeline) : "",
    clean(table),
    ...FIELDS.map((field) => (counts === undefined ? "–" : formatCount(counts[field]))),
    index === 0 ? formatSeconds(report.durationMs) : "",
    index === 0 ? statusText(report, style) : "",
  ]);
}

function statusText(report: RunReport, style: Style): string {
  if (report.status === "succeeded") return "";
  return report.status === "failed" ? style.red("failed") : style.yellow("stopped");
}
