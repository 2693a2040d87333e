import type { Row } from "@millrace/core";
import { codecOf } from "../columns/codec-of.ts";
import type { TableColumn } from "../columns/table-column.ts";
import type { RelationalDialect } from "../relational-dialect.ts";

/** Compiles finding the columns that cannot hold all values of some rows as they are kept now; undefined where all can. */
export function compileUnholdable(
  dialect: RelationalDialect,
  columns: readonly TableColumn[],
): ((rows: readonly Row[]) => string[]) | undefined {
  const checked = columns.flatMap((column) => {
    const { holds } = codecOf(dialect, column);
    return holds === undefined ? [] : [{ name: column.name, holds }];
  });
  if (checked.length === 0) return undefined;
  return (rows) =>
    checked
      .filter(({ name, holds }) =>
        rows.some((row) => row[name] !== null && row[name] !== undefined && !holds(row[name])),
      )
      .map(({ name }) => name);
}
