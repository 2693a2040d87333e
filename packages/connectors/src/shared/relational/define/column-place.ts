import type { TableDefinition } from "@millrace/core";
import type { ColumnPlace } from "../column-codec.ts";
import { ANYWHERE } from "../columns/table-column.ts";

/** What a column of a table is for: those of its key and of its parent's key are in an index. */
export function placeOf(
  table: Pick<TableDefinition, "mode" | "key" | "parentKey" | "internal">,
  column: string,
): ColumnPlace {
  if (table.internal === true || table.mode === "append") return ANYWHERE;
  const { key, parentKey = [] } = table;
  const widths = [key, parentKey].flatMap((names) => (names.includes(column) ? [names.length] : []));
  return widths.length === 0 ? ANYWHERE : { keyColumns: Math.max(...widths) };
}
