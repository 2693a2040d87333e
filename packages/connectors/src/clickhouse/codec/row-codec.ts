import type { ColumnDefinition, Row } from "@millrace/core";
import { quote } from "../server/quote.ts";
import type { ServerFeatures } from "../server/server-features.ts";
import { UNDERFLOW, type ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { columnSql, hasArrays, isNullable, NULL_ARRAYS, scalarForm, type Layout } from "./column-form.ts";
import { compileRead, type ReadValue } from "./read-scalar.ts";
import { compileWrite, type WriteValue } from "./write-scalar.ts";

interface CodedColumn {
  readonly name: string;
  /** The layout of the most frequent types, so that one switch writes them; 0 for the others, which `write` writes. */
  readonly form: number;
  readonly nullable: boolean;
  readonly array: boolean;
  readonly write: WriteValue;
  readonly read: ReadValue;
  /** Every object inherits a value of this name (`constructor`), which is not the row's. */
  readonly inherited: boolean;
  /** Bytes that every row has here, whatever its value is. */
  readonly constant: Uint8Array | undefined;
}

/** A column of a table in ClickHouse. */
export interface SqlColumn {
  readonly name: string;
  readonly sql: string;
}

/** Writes and reads rows in storage form as RowBinary: the columns in their order, then the names of null arrays. */
export class RowCodec {
  readonly columns: readonly ColumnDefinition[];
  readonly #coded: readonly CodedColumn[];
  readonly #arrays: boolean;

  /** @param constants values in storage form that all rows have, by column; those of the rows are not looked at. */
  constructor(columns: readonly ColumnDefinition[], features: ServerFeatures, constants: Row = {}) {
    this.columns = columns;
    this.#arrays = hasArrays(columns);
    this.#coded = columns.map((column) => coded(column, features, constants));
  }

  /** What a SELECT has to read, in the order of `read`. */
  get selectList(): string {
    return this.names.map((name) => quote(name)).join(", ");
  }

  /** Names of the columns, `NULL_ARRAYS` among them where there are arrays. */
  get names(): readonly string[] {
    const names = this.columns.map(({ name }) => name);
    return this.#arrays ? [...names, NULL_ARRAYS] : names;
  }

  write(writer: ByteWriter, row: Row): void {
    for (const column of this.#coded) {
      if (column.constant !== undefined) {
        writer.raw(column.constant);
        continue;
      }
      let value = row[column.name];
      if (column.inherited && !Object.hasOwn(row, column.name)) value = null;
      if (value === null || value === undefined) {
        // The empty array, or the null mark: one byte either way.
        writer.byte(column.array ? 0 : 1);
        continue;
      }
      if (column.nullable) writer.byte(0);
      writeForm(writer, column, value);
    }
    if (this.#arrays) this.#writeNullArrays(writer, row);
  }

  read(reader: ByteReader): Row {
    const row: Row = {};
    for (const column of this.#coded) {
      row[column.name] = column.nullable && reader.byte() === 1 ? null : column.read(reader);
    }
    if (!this.#arrays) return row;
    for (let count = reader.varint(); count > 0; count--) row[reader.text()] = null;
    return row;
  }

  #writeNullArrays(writer: ByteWriter, row: Row): void {
    const nulls = this.#coded.filter(
      ({ array, name }) =>
        array && (!Object.hasOwn(row, name) || row[name] === null || row[name] === undefined),
    );
    writer.varint(nulls.length);
    for (const { name } of nulls) writer.text(name);
  }
}

/** Layouts that `writeForm` writes itself: one jump is cheaper than a call that may lead anywhere. */
const FORMS: Readonly<Partial<Record<Layout, number>>> = {
  byte: 1,
  int32: 2,
  int64: 3,
  float64: 4,
  text: 5,
};

function writeForm(writer: ByteWriter, column: CodedColumn, value: unknown): void {
  switch (column.form) {
    case 1:
      return writer.byte(value === true ? 1 : 0);
    case 2:
      return writer.int32(value as number);
    case 3:
      return writer.int64(value as number | bigint);
    case 4:
      return writer.float64(value as number);
    case 5:
      return writer.text(value as string);
    default:
      column.write(writer, value);
  }
}

/** The columns of a table that holds rows of this definition. */
export function sqlColumns(
  columns: readonly ColumnDefinition[],
  features: ServerFeatures,
  lowCardinality?: ReadonlySet<string>,
): SqlColumn[] {
  const own = columns.map((column) => ({
    name: column.name,
    sql: columnSql(column, features, lowCardinality),
  }));
  return hasArrays(columns) ? [...own, { name: NULL_ARRAYS, sql: "Array(String)" }] : own;
}

/** Decodes a stream of RowBinary; `read` reads one row. Fails with what `broken` makes where bytes are left over. */
export async function* decodeRows<T>(
  bytes: AsyncIterable<Buffer>,
  reader: ByteReader,
  read: (reader: ByteReader) => T,
  broken: () => Error,
): AsyncGenerator<T[], void, undefined> {
  for await (const chunk of bytes) {
    reader.add(chunk);
    const rows: T[] = [];
    let start = reader.at;
    try {
      while (reader.left > 0) {
        start = reader.at;
        rows.push(read(reader));
      }
    } catch (error) {
      if (error !== UNDERFLOW) throw error;
      reader.at = start;
    }
    if (rows.length > 0) yield rows;
  }
  if (reader.left > 0) throw broken();
}

function coded(column: ColumnDefinition, features: ServerFeatures, constants: Row): CodedColumn {
  const { name, type } = column;
  const scalar = type.kind === "array" ? type.of : type;
  const [write, read] = [compileWrite(scalar, features), compileRead(scalar, features)];
  const array = type.kind === "array";
  return {
    name,
    form: array ? 0 : (FORMS[scalarForm(scalar, features).layout] ?? 0),
    array,
    nullable: isNullable(column),
    write: array ? writeArray(write) : write,
    read: array ? readArray(read) : read,
    inherited: name in Object.prototype,
    constant: Object.hasOwn(constants, name) ? constantBytes(column, features, constants) : undefined,
  };
}

function constantBytes(column: ColumnDefinition, features: ServerFeatures, constants: Row): Uint8Array {
  const writer = new ByteWriter(64);
  new RowCodec([column], features).write(writer, constants);
  return writer.take();
}

function writeArray(write: WriteValue): WriteValue {
  return (writer, value) => {
    const elements = value as readonly unknown[];
    writer.varint(elements.length);
    for (const element of elements) {
      if (element === null || element === undefined) writer.byte(1);
      else {
        writer.byte(0);
        write(writer, element);
      }
    }
  };
}

function readArray(read: ReadValue): ReadValue {
  return (reader) => {
    const elements: unknown[] = [];
    for (let count = reader.varint(); count > 0; count--)
      elements.push(reader.byte() === 1 ? null : read(reader));
    return elements;
  };
}
