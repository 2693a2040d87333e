import { z } from "zod";
import type { Row } from "@millrace/core";

const columns = z.record(z.string(), z.string());
const name = z.string().min(1).max(200);

const path = z.union([z.string().min(1), z.instanceof(URL)]);
const rows = z.custom<readonly Row[]>((value) => Array.isArray(value), "must be a path, rows or a stream");

const tableSource = z.union([
  path,
  rows,
  z.strictObject({
    /** A CSV, JSON, JSONL or Parquet file, by its ending; a relative path starts at the folder the process runs in, so `new URL("rates.csv", import.meta.url)` is safer. */
    path,
    /** Types of columns, where what DuckDB finds out is not wanted. Default: found out. */
    columns: columns.optional(),
  }),
  z.strictObject({
    rows,
    /** Types of columns, such as `numeric(12,2)`. Default: inferred. */
    columns: columns.optional(),
  }),
  z.strictObject({
    /** Another stream of the source, which has to be whole before `batch` is; its rows go on to their own table too. Only with `over: "epoch"`. */
    stream: name,
    /** Types of columns; needed where the stream may bring no rows. Default: inferred. */
    columns: columns.optional(),
  }),
]);

/** Options of `sql()`. */
export const sqlOptions = z.strictObject({
  /** What the query sees as `batch`: the rows of one batch after another, or with `epoch` all rows of a reading at once. Default `batch`. */
  over: z.enum(["batch", "epoch"]).default("batch"),
  /** The stream whose rows are `batch`; other streams pass by. Default: with `batch` every stream, each by itself; with `epoch` the only one that is not in `tables`. */
  stream: name.optional(),
  /** Tables to join with: name → a file, rows, or `{ stream }`. Default: none. */
  tables: z.record(name, tableSource).default({}),
  /** Types of columns of `batch`, such as `numeric(12,2)`, under the names that the rows carry. Default: inferred from the values; of CSV files all columns are text. */
  columns: columns.default({}),
  /** Stream that the result belongs to. Default: the stream of the rows. */
  output: name.optional(),
  /** Columns of the result that identify a row, unless the table's options name others. Default: none. */
  key: z.array(z.string().min(1)).optional(),
  /** Most memory DuckDB takes before it writes to temporary files, such as `256MB`. Default `512MB`. */
  memory: z
    .string()
    .regex(/^\d+(\.\d+)?\s*(KB|MB|GB|KiB|MiB|GiB)$/i, 'must be a size such as "512MB"')
    .default("512MB"),
  /** Threads that DuckDB runs on. Default 1. */
  threads: z.number().int().min(1).max(256).default(1),
});

/** Options of `sql()`, as users write them. */
export type SqlOptions = z.input<typeof sqlOptions>;
/** Options of `sql()`, with the defaults filled in. */
export type ResolvedSqlOptions = z.output<typeof sqlOptions>;
/** One of the tables to join with. */
export type SqlTableSource = z.output<typeof tableSource>;
