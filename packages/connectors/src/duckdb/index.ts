import type { Transform } from "@millrace/core";
import type { SqlOptions } from "./options.ts";
import { createSqlTransform } from "./sql-transform.ts";

export type { SqlOptions } from "./options.ts";

/**
 * Sends rows through a query of DuckDB, which sees them as the table `batch`: joins, windows, aggregates, on columns.
 * The columns of the result, with their types, are those of the rows that come out. Needs the package `@duckdb/node-api`.
 *
 * ```ts
 * transforms: [sql("select *, price * amount as total from batch where amount > 0")]
 * ```
 *
 * By itself it sees a batch at a time, so that aggregates are of that batch; with `over: "epoch"` a whole reading.
 * Fails with MLR_DRIVER_MISSING, MLR_ARGUMENT_INVALID for what is no single SELECT, and MLR_TRANSFORM_FAILED, with the query and the
 * position in it, for what DuckDB refuses.
 */
export function sql(query: string, options: SqlOptions = {}): Transform {
  return createSqlTransform(query, options);
}
