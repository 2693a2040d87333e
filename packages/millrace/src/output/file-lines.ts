import type { FileRead } from "@millrace/core";
import { formatBytes, formatCount } from "./numbers.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { clean } from "./text.ts";
import { truncate } from "./width.ts";

/** Files that are shown; all of them are in the JSON. */
const SHOWN = 20;

/** A table of the files that a run read. */
export function fileTable(files: readonly FileRead[], style: Style): string {
  const table = renderTable(
    [{ title: "file" }, { title: "rows", side: "right" }, { title: "size", side: "right" }],
    files
      .slice(0, SHOWN)
      .map(({ name, rows, bytes }) => [truncate(clean(name), 80), formatCount(rows), formatBytes(bytes)]),
    { heading: style.dim },
  );
  const more = files.length - SHOWN;
  return more > 0 ? `${table}\n${style.dim(`and ${formatCount(more)} more`)}` : table;
}
