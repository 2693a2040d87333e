import { RowReader } from "../row-reader.ts";
import type { Row } from "../row.ts";
import type { ColumnType } from "../schema/column-type.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { canonicalText, type CanonicalText } from "./canonical.ts";
import { DOUBLE_BYTES, INTEGER_BYTES, writeDouble, writeInteger } from "./write-number.ts";
import { writeHex, writeText } from "./write-text.ts";
import { TIME_BYTES, writeDate, writeTime, writeTimestamp, writeTimestamptz } from "./write-time.ts";

/** How a column is written: a number, so that one switch decides, which the compiler makes a jump of. */
const Form = {
  text: 0,
  integer: 1,
  double: 2,
  boolean: 3,
  date: 4,
  time: 5,
  timestamp: 6,
  timestamptz: 7,
  bytea: 8,
  other: 9,
} as const;
type FormCode = (typeof Form)[keyof typeof Form];

interface WrittenColumn {
  /** Length and UTF-8 bytes of the name. */
  readonly prefix: Uint8Array;
  readonly form: FormCode;
  readonly text: CanonicalText;
}

/** What one value of a fixed form, its length and some room to spare take at most. */
const FIXED_BYTES = 4 + Math.max(INTEGER_BYTES, DOUBLE_BYTES, TIME_BYTES);

/** Views of up to this length are kept and used again. */
const KEPT_VIEWS = 4096;

/** Writes the canonical form of rows into one buffer, which is used again for each row and grows as needed. */
export class RowWriter {
  readonly #columns: readonly WrittenColumn[];
  readonly #reader: RowReader;
  #bytes: Buffer = Buffer.allocUnsafeSlow(16_384);
  #views: (Uint8Array | undefined)[] = [];

  constructor(columns: readonly ColumnDefinition[]) {
    const sorted = columns.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    this.#columns = sorted.map((column) => writtenColumn(column));
    this.#reader = new RowReader(sorted.map(({ name }) => name));
  }

  /** The canonical form of a row in storage form. Valid until the next call. */
  write(row: Row): Uint8Array {
    for (;;) {
      const end = this.append(this.#bytes, 0, row);
      if (end >= 0) return this.#view(end);
      this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
      this.#views = [];
    }
  }

  /** Writes the canonical form at `at` and gives where it ends; -1 where there may not be room for it. */
  append(bytes: Buffer, at: number, row: Row): number {
    const columns = this.#columns;
    const { values } = this.#reader;
    this.#reader.read(row);
    for (let i = 0; i < columns.length; i++) {
      let value = values[i];
      if (value === null || value === undefined) continue;
      const column = columns[i] as WrittenColumn;
      if (column.form === Form.other) value = column.text(value);
      const prefix = column.prefix;
      if (at + prefix.length + FIXED_BYTES + sizeOf(value) > bytes.length) return -1;
      for (let k = 0; k < prefix.length; k++) bytes[at++] = prefix[k] as number;
      const end = writeValue(bytes, at + 4, column.form, value);
      writeUint32(bytes, at, end - at - 4);
      at = end;
    }
    return at;
  }

  #view(length: number): Uint8Array {
    if (length > KEPT_VIEWS) return this.#bytes.subarray(0, length);
    return (this.#views[length] ??= this.#bytes.subarray(0, length));
  }
}

/** Most bytes that a value of variable length takes. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length * 3;
  return value instanceof Uint8Array ? value.length * 2 : 0;
}

function writeUint32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function writeValue(bytes: Buffer, at: number, form: FormCode, value: unknown): number {
  switch (form) {
    case Form.integer:
      return typeof value === "number" ? writeInteger(bytes, at, value) : writeText(bytes, at, String(value));
    case Form.double:
      return writeDouble(bytes, at, value as number);
    case Form.boolean:
      return writeText(bytes, at, value === true ? "true" : "false");
    case Form.date:
      return writeDate(bytes, at, value as number);
    case Form.time:
      return writeTime(bytes, at, value as number);
    case Form.timestamp:
      return writeTimestamp(bytes, at, value as number | bigint);
    case Form.timestamptz:
      return writeTimestamptz(bytes, at, value as number | bigint);
    case Form.bytea:
      return writeHex(bytes, at, value as Uint8Array);
    default:
      return writeText(bytes, at, value as string);
  }
}

function writtenColumn(column: ColumnDefinition): WrittenColumn {
  const name = Buffer.from(column.name);
  const prefix = new Uint8Array(4 + name.length);
  new DataView(prefix.buffer).setUint32(0, name.length);
  prefix.set(name, 4);
  return {
    prefix,
    form: formOf(column.type),
    text: canonicalText(column.type, column.unordered ?? false),
  };
}

function formOf(type: ColumnType): FormCode {
  switch (type.kind) {
    case "smallint":
    case "integer":
    case "bigint":
      return Form.integer;
    case "real":
    case "double":
      return Form.double;
    case "numeric":
    case "text":
    case "uuid":
    case "interval":
      return Form.text;
    case "json":
    case "array":
      return Form.other;
    default:
      return Form[type.kind];
  }
}
