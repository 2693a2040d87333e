import type { DatabaseConnector, Sql } from "@millrace/core";
import { z } from "zod";

const name = z.string().min(1);
const names = z.array(name).min(1);

const statement = z.union(
  [
    z.string().min(1),
    z.custom<Sql>((value) => typeof value === "object" && value !== null && "parts" in value),
  ],
  { message: "must be SQL: a text, or statement`…` where it has values" },
);

const scalar = z.union([z.string(), z.number(), z.bigint(), z.date()]);

/** Options of `database()`. */
export const databaseOptions = z
  .strictObject({
    /** The database: its name in the configuration (`databases: { crm: mariadb({ url }) }`), or a connector such as `postgres({ url })`. */
    from: z.union([name, z.custom<DatabaseConnector>(isConnector)], {
      message: 'must be a name of the configuration, or a database such as postgres({ url: "…" })',
    }),
    /** The table or view that is read. Either it or `query` is needed. */
    table: name.optional(),
    /** `table`: its database schema (namespace). Default: the connection's own. */
    namespace: name.optional(),
    /** `table`: the columns that are read. Default: all. */
    columns: names.optional(),
    /** `table`: a condition in the database's own SQL, as text or as statement`…` with values. Rows that do not meet it are not read. Default: none. */
    where: statement.optional(),
    /** A query in the database's own SQL, as text or as statement`…` with values, instead of a table. */
    query: statement.optional(),
    /** The stream's name. Default: the table's name; `query` where a query is read. */
    stream: name.optional(),
    /**
     * Columns that identify a row: chunks are read in their order, so that an interrupted reading goes on in the middle.
     * Default: the table's primary key; a query has none, and begins anew after an interruption.
     */
    key: names.optional(),
    /** Reads only what is new: rows whose value in this column is at or beyond the greatest one read before. Nothing is removed then. Default: everything is read. */
    cursor: z
      .strictObject({
        /** A column that grows with each insert or change: a number, a date, a time. Rows without a value in it are not read. An index on it spares the database sorting. */
        column: name,
        /** The first run reads from this value on. Default: everything. */
        start: scalar.optional(),
        /**
         * How far behind the greatest value is looked again for rows that come late: a number in the column's own unit (seconds
         * where it is a time), or a text such as `"2 hours"`. Rows that were read before are not sent twice. Default 0.
         */
        lag: z.union([z.number().nonnegative(), z.string()]).default(0),
      })
      .optional(),
    /** Rows read by one statement, after which the reading may be interrupted without loss. Default 100,000. */
    chunkRows: z.number().int().positive().default(100_000),
    /** Rows fetched and passed on together. Default 2,000. */
    batchRows: z.number().int().positive().default(2_000),
    /** All chunks are read as of one moment where the database can (PostgreSQL), which keeps it from cleaning up meanwhile. Default true. */
    consistent: z.boolean().default(true),
  })
  .refine(({ table, query }) => (table === undefined) !== (query === undefined), {
    message: "give either table or query",
  })
  .refine(
    ({ query, namespace, columns, where }) =>
      query === undefined || (namespace === undefined && columns === undefined && where === undefined),
    { message: "namespace, columns and where belong to table; say them in the query" },
  );

/** Options of `database()`, as users write them. */
export type DatabaseOptions = z.input<typeof databaseOptions>;
/** Options of `database()`, with the defaults filled in. */
export type ResolvedDatabaseOptions = z.output<typeof databaseOptions>;

function isConnector(value: unknown): boolean {
  return typeof value === "object" && value !== null && "connect" in value;
}
