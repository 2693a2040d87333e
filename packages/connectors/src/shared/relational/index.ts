/**
 * What a destination for another relational database is made of: write a `RelationalDialect`, and `relationalDestination`
 * makes a complete destination of it. See docs/guides/new-destination.md.
 */
export type { ColumnCodec, ColumnPlace } from "./column-codec.ts";
export type { DriverValue } from "./driver-value.ts";
export type { Failure } from "./failure.ts";
export type { NewColumn, NewTable } from "./new-table.ts";
export type { QualifiedName } from "./qualified-name.ts";
export type { BulkTarget, RelationalConnection } from "./relational-connection.ts";
export type { KeptColumn, RelationalDialect } from "./relational-dialect.ts";
export type { DescribedColumn, TableDescription } from "./table-description.ts";
export { relationalDestination } from "./relational-destination.ts";
export type { RelationalInternals, Step } from "./session/session-context.ts";
export { readTable } from "./inspect/read-table.ts";
