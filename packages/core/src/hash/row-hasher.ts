import { hash } from "node:crypto";
import type { Row } from "../row.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { ByteWriter } from "./byte-writer.ts";
import { canonicalText } from "./canonical.ts";

/** Version of the specification in docs/reference/row-hash.md that `compileRowHasher` follows. */
export const HASH_VERSION = 1;

/** Writes the canonical text of a value that is not null. */
type Write = (value: unknown) => void;

interface HashedColumn {
  readonly name: string;
  /** Length and UTF-8 bytes of the name. */
  readonly prefix: Uint8Array;
  readonly write: Write;
  /** Every object inherits a value of this name (`constructor`), which is not the row's. */
  readonly inherited: boolean;
}

/**
 * Compiles the row hash of a table: SHA-256, as 32 characters of latin1, of the canonical form of a row in storage form
 * under the columns' names. Other fields of the row are left out.
 */
export function compileRowHasher(columns: readonly ColumnDefinition[]): (row: Row) => string {
  const writer = new ByteWriter();
  const writeRow = compileCanonicalRow(columns, writer);
  return (row) => {
    writeRow(row);
    return hash("sha256", writer.view(), "binary");
  };
}

/** The bytes that the row hash covers, for the specification's vectors and for tests. */
export function canonicalRow(columns: readonly ColumnDefinition[], row: Row): Uint8Array {
  const writer = new ByteWriter();
  compileCanonicalRow(columns, writer)(row);
  return writer.view().slice();
}

function compileCanonicalRow(columns: readonly ColumnDefinition[], writer: ByteWriter): (row: Row) => void {
  const hashed = [...columns]
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .map((column) => hashedColumn(column, writer));
  return (row) => {
    writer.length = 0;
    for (let i = 0; i < hashed.length; i++) {
      const column = hashed[i] as HashedColumn;
      const value = row[column.name];
      if (value === null || value === undefined) continue;
      if (column.inherited && !Object.hasOwn(row, column.name)) continue;
      writer.bytes(column.prefix);
      const start = writer.length;
      writer.reserve(4);
      writer.length = start + 4;
      column.write(value);
      writer.uint32(start, writer.length - start - 4);
    }
  };
}

function hashedColumn(column: ColumnDefinition, writer: ByteWriter): HashedColumn {
  const name = Buffer.from(column.name);
  const prefix = Buffer.alloc(4 + name.length);
  prefix.writeUInt32BE(name.length);
  prefix.set(name, 4);
  const inherited = column.name in Object.prototype;
  return { name: column.name, prefix, write: compileWrite(column, writer), inherited };
}

function compileWrite(column: ColumnDefinition, writer: ByteWriter): Write {
  const { type } = column;
  switch (type.kind) {
    case "smallint":
    case "integer":
      return (value) => writer.integer(value as number);
    case "bigint":
      return (value) => (typeof value === "number" ? writer.integer(value) : writer.text(String(value)));
    case "boolean":
      return (value) => writer.text(value === true ? "true" : "false");
    case "numeric":
    case "text":
    case "uuid":
    case "interval":
      return (value) => writer.text(value as string);
    case "date":
      return (value) => writer.date(value as number);
    case "time":
      return (value) => writer.time(value as number);
    case "timestamp":
      return (value) => writer.timestamp(value as number | bigint);
    case "timestamptz":
      return (value) => writer.timestamptz(value as number | bigint);
    case "bytea":
      return (value) => {
        writer.text("\\x");
        writer.hex(value as Uint8Array);
      };
    default: {
      const text = canonicalText(type, column.unordered ?? false);
      return (value) => writer.text(text(value));
    }
  }
}
