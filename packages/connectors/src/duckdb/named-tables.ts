import { fileURLToPath } from "node:url";
import { MillraceError, parseColumnType, type Row } from "@millrace/core";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Driver } from "./driver.ts";
import type { SqlTableSource } from "./options.ts";
import { quoteName, quoteText } from "./quote.ts";
import { sqlError } from "./sql-error.ts";
import { SqlTable } from "./sql-table.ts";
import { duckColumn } from "./to-duckdb.ts";

/** A table that is filled from a stream. */
export interface StreamTable {
  readonly stream: string;
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

/** The stream that a table is filled from; undefined where it is a file or rows. */
export function streamOf(source: SqlTableSource): StreamTable | undefined {
  return isPlain(source) && "stream" in source ? source : undefined;
}

/** Makes a table of a file or of rows. Fails with MLR_SOURCE_NOT_FOUND or MLR_TRANSFORM_FAILED for a file that cannot be read. */
export async function makeTable(
  driver: Driver,
  connection: DuckDBConnection,
  { name, source }: { readonly name: string; readonly source: SqlTableSource },
): Promise<void> {
  const { path, rows, columns = {} } = partsOf(source);
  if (rows !== undefined) {
    await new SqlTable(driver, connection, { name, columns }).append(rows);
    return;
  }
  const statement = `CREATE TEMP TABLE ${quoteName(name)} AS ${selectFrom(driver, path ?? "", columns)}`;
  try {
    await connection.run(statement);
  } catch (error) {
    if (error instanceof Error && /No files found/.test(error.message)) {
      throw new MillraceError(
        "MLR_SOURCE_NOT_FOUND",
        `sql(): the file of table "${name}" does not exist: ${path}`,
        {
          hint: 'A relative path starts at the folder the process runs in: new URL("rates.csv", import.meta.url) starts at the pipeline\'s own.',
          details: { table: name },
          cause: error,
        },
      );
    }
    throw sqlError(error, statement, `Check the file of table "${name}".`);
  }
}

interface Parts {
  readonly path?: string;
  readonly rows?: readonly Row[];
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

function partsOf(source: SqlTableSource): Parts {
  if (typeof source === "string" || source instanceof URL) return { path: pathText(source) };
  if (!isPlain(source)) return { rows: source };
  const { columns } = source;
  if ("path" in source) return { path: pathText(source.path), columns };
  return "rows" in source ? { rows: source.rows, columns } : { columns };
}

type Plain = Exclude<SqlTableSource, string | URL | readonly Row[]>;

function isPlain(source: SqlTableSource): source is Plain {
  return typeof source === "object" && !Array.isArray(source) && !(source instanceof URL);
}

function pathText(path: string | URL): string {
  if (typeof path === "string") return path;
  if (path.protocol === "file:") return fileURLToPath(path);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `sql(): ${path.protocol}//… is no file`, {
    hint: "Only files can be joined with: a query has no network.",
  });
}

function selectFrom(driver: Driver, path: string, columns: Readonly<Record<string, string>>): string {
  const types = Object.entries(columns).map(([column, type]): [string, string] => [
    column,
    duckColumn(driver, parseColumnType(type), 0).sql,
  ]);
  const plain = path.replace(/\.(gz|zst)$/, "");
  if (/\.(csv|tsv|txt)$/i.test(plain)) {
    // Said beforehand: what was read as a number has lost its zeros.
    const said = types.map(([column, type]) => `${quoteText(column)}: ${quoteText(type)}`);
    return `SELECT * FROM read_csv(${quoteText(path)}${said.length === 0 ? "" : `, types = {${said.join(", ")}}`})`;
  }
  const read = /\.parquet$/i.test(plain)
    ? "read_parquet"
    : /\.(json|jsonl|ndjson)$/i.test(plain)
      ? "read_json"
      : "";
  if (read === "") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `sql(): the ending of ${path} does not tell what the file is`,
      {
        hint: "Use .csv, .tsv, .json, .jsonl, .ndjson or .parquet, perhaps with .gz or .zst behind it.",
      },
    );
  }
  const casts = types.map(
    ([column, type]) => `CAST(${quoteName(column)} AS ${type}) AS ${quoteName(column)}`,
  );
  return `SELECT *${casts.length === 0 ? "" : ` REPLACE (${casts.join(", ")})`} FROM ${read}(${quoteText(path)})`;
}
