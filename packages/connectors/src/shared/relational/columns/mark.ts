import { formatColumnType, parseColumnType, type ColumnType } from "@millrace/core";
import type { KeptColumn, RelationalDialect } from "../relational-dialect.ts";
import type { DescribedColumn } from "../table-description.ts";

const AS_TEXT = " as text";

/** What is noted with a column so that its type is known again; undefined where its SQL type tells. */
export function markOf(dialect: RelationalDialect, { type, form }: KeptColumn): string | undefined {
  if (type.kind === "text") return undefined;
  if (form === "text") return formatColumnType(type) + AS_TEXT;
  return dialect.needsMark(type) ? formatColumnType(type) : undefined;
}

/** How a column of the database is kept; undefined where Millrace does not write such columns. */
export function readMark(
  described: DescribedColumn,
): { readonly type: ColumnType; readonly form: KeptColumn["form"] } | undefined {
  const { mark = described.type } = described;
  if (mark === undefined) return undefined;
  const asText = mark.endsWith(AS_TEXT);
  try {
    const type = parseColumnType(asText ? mark.slice(0, -AS_TEXT.length) : mark);
    return { type, form: asText ? "text" : "native" };
  } catch {
    // A comment of somebody else's.
    return undefined;
  }
}
