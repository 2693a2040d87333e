import {
  compileStore,
  describeMisfit,
  MillraceError,
  MISFIT,
  nearest,
  rowsToLoad,
  type ColumnDefinition,
  type LoadOptions,
  type Row,
  type Store,
} from "@millrace/core";
import { once } from "node:events";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { compileCopyEncoder } from "../codec/copy-encoder.ts";
import { quoteIdentifier } from "../quote.ts";
import { databaseError } from "./database-error.ts";
import { describeTable, type DescribedTable } from "./describe-table.ts";
import { textRowWriter } from "./text-row.ts";

/** Rows between two looks at whether the server takes more. */
const DRAIN_ROWS = 1_000;
const HIGH_WATER_BYTES = 1024 * 1024;

/** Turns rows into the bytes of a COPY. */
interface RowEncoder {
  readonly format: "binary" | "text";
  readonly header: Buffer;
  readonly trailer: Buffer;
  append(row: Row): void;
  /** The chunks that are full; with `all` also the last one. */
  take(all: boolean): Buffer[];
}

/** Loads rows by COPY on a connection of its own: all of them or none. */
export async function loadRows(
  { pool, location }: { readonly pool: pg.Pool; readonly location: string },
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: LoadOptions,
): Promise<number> {
  const where = `loading into table "${options.table}" of ${location}`;
  const given = await rowsToLoad(rows, options);
  if (given.columns.length === 0) return 0;
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(error, where);
  });
  let failed = true;
  try {
    const table = await describeTable(client, options.table, options.namespace);
    if (table === undefined)
      throw new MillraceError("MLR_DATABASE_FAILED", `${where}: there is no such table`);
    const columns = given.columns.map((name) => columnOf(table, name, where));
    const encoder = encoderOf(columns, where);
    const names = given.columns.map(quoteIdentifier).join(", ");
    const statement = `COPY ${table.quoted} (${names}) FROM STDIN (FORMAT ${encoder.format})`;
    const count = await copy({ client, statement, encoder, rows: given.rows });
    failed = false;
    return count;
  } catch (error) {
    // What the rows' own source throws is the caller's to read.
    if (error instanceof RowsFailure) throw error.cause;
    throw databaseError(error, where);
  } finally {
    // A COPY that was not ended ends with the connection, and nothing of it is kept.
    client.release(failed);
  }
}

class RowsFailure extends Error {}

async function copy(of: {
  readonly client: pg.PoolClient;
  readonly statement: string;
  readonly encoder: RowEncoder;
  readonly rows: AsyncIterable<Row>;
}): Promise<number> {
  const { client, statement, encoder, rows } = of;
  const stream = client.query(copyFrom(statement, { highWaterMark: HIGH_WATER_BYTES }));
  let refused: Error | undefined;
  stream.on("error", (error: Error) => (refused ??= error));
  const send = async (chunk: Buffer): Promise<void> => {
    if (refused !== undefined) throw refused;
    if (chunk.length > 0 && !stream.write(chunk)) await once(stream, "drain");
  };
  await send(encoder.header);
  let count = 0;
  for await (const row of guarded(rows)) {
    encoder.append(row);
    if (++count % DRAIN_ROWS === 0) for (const chunk of encoder.take(false)) await send(chunk);
  }
  for (const chunk of encoder.take(true)) await send(chunk);
  if (refused !== undefined) throw refused;
  const finished = once(stream, "finish");
  stream.end(encoder.trailer.length > 0 ? encoder.trailer : undefined);
  await finished;
  return count;
}

/** Tells failures of the rows' source from those of the database. */
async function* guarded(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  try {
    yield* rows;
  } catch (error) {
    throw new RowsFailure("the rows broke off", { cause: error });
  }
}

function columnOf(table: DescribedTable, name: string, where: string): DescribedTable["columns"][number] {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const known = table.columns.map((column) => column.name);
  const guess = nearest(name, known);
  throw new MillraceError("MLR_DATABASE_FAILED", `${where}: it has no column "${name}"`, {
    hint: guess === undefined ? `Its columns: ${known.join(", ")}.` : `Did you mean "${guess}"?`,
  });
}

/** Binary where every type is known; otherwise the server reads texts, as it would in a statement. */
function encoderOf(columns: readonly DescribedTable["columns"][number][], where: string): RowEncoder {
  const typed = columns.flatMap(({ name, type }): ColumnDefinition[] =>
    type === undefined ? [] : [{ name, type }],
  );
  return typed.length === columns.length ? binaryEncoder(typed, where) : textEncoder(columns);
}

function binaryEncoder(columns: readonly ColumnDefinition[], where: string): RowEncoder {
  const encoder = compileCopyEncoder({ columns });
  const stores = columns.map((column) => ({
    ...column,
    store: compileStore(column.type, { declared: true }),
  }));
  let row = 0;
  return {
    format: "binary",
    header: encoder.header(),
    trailer: encoder.trailer(),
    append: (values) => encoder.append(stored(values, stores, `${where}: row ${++row}`)),
    take: (all) => (all ? encoder.flush() : encoder.take()),
  };
}

function stored(
  values: Row,
  columns: readonly (ColumnDefinition & { readonly store: Store })[],
  where: string,
): Row {
  const row: Row = {};
  for (const { name, type, store } of columns) {
    const value = Object.hasOwn(values, name) ? values[name] : null;
    if (value === null || value === undefined) continue;
    const kept = store(value);
    if (kept === MISFIT) {
      throw new MillraceError(
        "MLR_ROW_INVALID",
        `${where}, column "${name}": ${describeMisfit(value, type)}`,
      );
    }
    row[name] = kept;
  }
  return row;
}

function textEncoder(columns: readonly { readonly name: string }[]): RowEncoder {
  const write = textRowWriter(columns.map(({ name }) => name));
  let lines: string[] = [];
  return {
    format: "text",
    header: Buffer.alloc(0),
    trailer: Buffer.alloc(0),
    append: (row) => lines.push(write(row)),
    take: () => {
      const chunk = Buffer.from(lines.join(""));
      lines = [];
      return [chunk];
    },
  };
}
