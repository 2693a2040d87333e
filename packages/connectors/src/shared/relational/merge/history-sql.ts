import type { TableSql, Stamp } from "../sql/table-sql.ts";

/** What is moved to the history. */
export interface Archiving {
  readonly operation: "update" | "remove";
  /** An expression: the names of the fields that change. */
  readonly changed: string;
  /** A FROM list with alias t, perhaps with a WHERE. */
  readonly from: string;
}

/** The statement that copies live rows into the history. */
export function archive(sql: TableSql, stamp: Stamp, { operation, changed, from }: Archiving): string {
  const { historical } = sql.layout;
  const values = historical.map((column) => {
    switch (column.name) {
      case "_operation":
        return sql.literal(column, operation);
      case "_changed":
        return changed;
      case "_archived_run":
        return sql.literal(column, stamp.run);
      default:
        return sql.literal(column, stamp.at);
    }
  });
  return `INSERT INTO ${sql.history} (${sql.allColumns()}, ${sql.list(historical)}) SELECT ${sql.allColumns("t")}, ${values.join(", ")} FROM ${from}`;
}

/** A condition: the latest version of the row in the history is a removal. */
export function lastRemoved(sql: TableSql, alias: string): string {
  const operation = sql.layout.historical.find(({ name }) => name === "_operation");
  const removal = operation === undefined ? "''" : sql.literal(operation, "remove");
  const version = (of: string): string => sql.dotted(of, "_version");
  return `EXISTS (SELECT 1 FROM ${sql.history} h WHERE ${sql.equal("h", alias)} AND ${sql.dotted("h", "_operation")} = ${removal}
    AND NOT EXISTS (SELECT 1 FROM ${sql.history} l WHERE ${sql.equal("l", "h")} AND ${version("l")} > ${version("h")}))`;
}
