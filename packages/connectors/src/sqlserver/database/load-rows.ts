import { MillraceError, nearest, rowsToLoad, type LoadOptions, type Row } from "@millrace/core";
import type { Connection } from "../connection/connection.ts";
import { quotePath } from "../quote.ts";
import { bulkColumn, type TypedBulkColumn } from "../wire/bulk-type.ts";
import type { LoadColumn } from "./catalog.ts";
import type { QualifiedName } from "../../shared/relational/index.ts";

/** Loads rows in bulk within a transaction, so that all of them land or none. Resolves to their number. */
export async function loadRows(
  connection: Connection,
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: LoadOptions & {
    columnsOf(table: string): Promise<{ place: QualifiedName; columns: readonly LoadColumn[] }>;
  },
): Promise<number> {
  const given = await rowsToLoad(rows, options);
  const values = new ValuesOf(given.rows);
  try {
    const { place, columns: present } = await options.columnsOf(options.table);
    if (given.columns.length === 0) return 0;
    const columns = given.columns.map((name) => chosen(name, present, options.table));
    const table = quotePath(place.namespace, place.name);
    const doing = `loading rows into ${table}`;
    await connection.begin(doing);
    const source = values.as(columns);
    await connection.bulk({ table, columns, rows: source, asInsert: true, signal: options.signal, doing });
    await connection.commit(doing);
    return values.count;
  } catch (error) {
    await connection.rollback("rolling a load back").catch(() => undefined);
    // What the source of the rows said is passed on as it is.
    throw values.failure ?? error;
  } finally {
    await given.rows[Symbol.asyncIterator]().return?.();
  }
}

/** The rows as values in the order of the columns, counted; and what went wrong while they were taken. */
class ValuesOf {
  count = 0;
  failure: unknown;
  readonly #rows: AsyncIterable<Row>;

  constructor(rows: AsyncIterable<Row>) {
    this.#rows = rows;
  }

  async *as(columns: readonly TypedBulkColumn[]): AsyncGenerator<unknown[]> {
    try {
      for await (const row of this.#rows) {
        this.count += 1;
        yield columns.map((column) => column.convert(row[column.name]));
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

function chosen(name: string, present: readonly LoadColumn[], table: string): TypedBulkColumn {
  const column = present.find((each) => each.name === name);
  if (column === undefined) {
    const guess = nearest(
      name,
      present.map((each) => each.name),
    );
    throw new MillraceError("MLR_DATABASE_FAILED", `table "${table}" has no column "${name}"`, {
      hint: guess === undefined ? "Name the columns with the option columns." : `Did you mean "${guess}"?`,
    });
  }
  if (column.generated) {
    throw new MillraceError(
      "MLR_DATABASE_FAILED",
      `column "${name}" of table "${table}" is filled by the server`,
      {
        hint: "Leave it out: name the other columns with the option columns.",
      },
    );
  }
  return bulkColumn(name, column.sqlType);
}
