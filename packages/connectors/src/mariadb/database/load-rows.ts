import {
  compileStore,
  describeMisfit,
  MillraceError,
  MISFIT,
  nearest,
  rowsToLoad,
  type ColumnType,
  type LoadOptions,
  type Row,
} from "@millrace/core";
import type { DriverValue } from "../../shared/relational/index.ts";
import type { MariadbConnection } from "../connection/mariadb-connection.ts";
import { nativeCodec } from "../dialect/codecs.ts";
import { databaseError } from "../errors.ts";
import { quote } from "../quote.ts";
import { parameter } from "./parameter.ts";
import { tableColumns, type TableColumnInfo } from "./table-columns.ts";

/** Rows that are sent at once. */
const CHUNK_ROWS = 5_000;

/** Loads rows in one transaction on a connection of its own: all of them or none. */
export async function loadRows(
  connection: MariadbConnection,
  rows: Iterable<Row> | AsyncIterable<Row>,
  of: { readonly options: LoadOptions; readonly location: string },
): Promise<number> {
  const { options, location } = of;
  const where = `loading into table "${options.table}" of ${location}`;
  const given = await rowsToLoad(rows, options);
  if (given.columns.length === 0) return 0;
  const known = await tableColumns(connection, options.table, options.namespace).catch((error: unknown) => {
    throw databaseError(error, where);
  });
  if (known.length === 0) throw new MillraceError("MLR_DATABASE_FAILED", `${where}: there is no such table`);
  const columns = given.columns.map((name) => encoderOf(known, name, where));
  const reference = [options.namespace, options.table].flatMap((name) =>
    name === undefined ? [] : [quote(name)],
  );
  const target = {
    reference: reference.join("."),
    columns: columns.map(({ name, sqlType }) => ({ name, sqlType })),
  };
  const send = async (chunk: DriverValue[][]): Promise<void> => {
    try {
      await connection.load(target, chunk);
    } catch (error) {
      throw databaseError(error, where);
    }
  };
  await connection.begin();
  try {
    let chunk: DriverValue[][] = [];
    let count = 0;
    for await (const row of given.rows) {
      count++;
      chunk.push(
        columns.map(({ name, encode }) =>
          encode(Object.hasOwn(row, name) ? row[name] : null, `${where}: row ${count}`),
        ),
      );
      if (chunk.length < CHUNK_ROWS) continue;
      await send(chunk);
      chunk = [];
    }
    if (chunk.length > 0) await send(chunk);
    await connection.commit();
    return count;
  } catch (error) {
    await connection.rollback().catch(() => undefined);
    throw error;
  }
}

interface Encoder {
  readonly name: string;
  readonly sqlType: string;
  readonly encode: (value: unknown, where: string) => DriverValue;
}

function encoderOf(known: readonly TableColumnInfo[], name: string, where: string): Encoder {
  const column = known.find((each) => each.name === name);
  if (column === undefined) {
    const names = known.map((each) => each.name);
    const guess = nearest(name, names);
    throw new MillraceError("MLR_DATABASE_FAILED", `${where}: it has no column "${name}"`, {
      hint: guess === undefined ? `Its columns: ${names.join(", ")}.` : `Did you mean "${guess}"?`,
    });
  }
  const { type, sqlType } = column;
  // What Millrace has no type for is sent as it would be beside a statement.
  if (type === undefined) return { name, sqlType, encode: (value) => parameter(value) };
  const encode = typedEncoder(type);
  return {
    name,
    sqlType,
    encode: (value, place) => {
      if (value === null || value === undefined) return null;
      const encoded = encode(value);
      if (encoded !== MISFIT) return encoded as DriverValue;
      throw new MillraceError(
        "MLR_ROW_INVALID",
        `${place}, column "${name}": ${describeMisfit(value, type)}`,
      );
    },
  };
}

function typedEncoder(type: ColumnType): (value: unknown) => unknown {
  const store = compileStore(type, { declared: true });
  const codec = nativeCodec(type, { keyColumns: 0 });
  return (value) => {
    const stored = store(value);
    if (stored === MISFIT || codec === undefined) return stored;
    return codec.holds?.(stored) === false ? MISFIT : codec.encode(stored);
  };
}
