import type { TableSql } from "../sql/table-sql.ts";

/** A table that rows are loaded into: the one that the pipeline names, or a side table that collects for it. */
export interface LoadTarget {
  readonly sql: TableSql;
  /** What has to be done to the table before the staged rows fit. */
  readonly pending: "nothing" | "create" | "alter";
  /** Does it, in the open transaction. */
  execute(): Promise<void>;
}
