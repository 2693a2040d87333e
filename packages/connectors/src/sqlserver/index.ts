import type { SqlServerOptions } from "./options.ts";
import { createSqlServerTarget, type SqlServerTarget } from "./sqlserver-target.ts";

export type { SqlServerOptions } from "./options.ts";
export type { SqlServerTarget } from "./sqlserver-target.ts";

/**
 * Microsoft SQL Server (2016 or newer) or Azure SQL as destination, and as a database to use and read from. Needs the
 * package `tedious`, version 20: `npm install tedious@20`.
 *
 * ```ts
 * destination: sqlserver({ url: "mssql://user:password@host/sales" }).table("orders", { key: ["id"], mode: "merge" })
 * databases: { erp: sqlserver({ url: "mssql://reader:password@host/erp" }) }
 * ```
 *
 * Rows, checkpoints, seen keys and counts commit in one transaction; rows are sent by TDS bulk load. State is kept in schema
 * `millrace` of the same database. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects only when the pipeline runs.
 */
export function sqlserver(options: SqlServerOptions): SqlServerTarget {
  return createSqlServerTarget(options);
}
