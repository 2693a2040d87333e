import { RowReader } from "../row-reader.ts";
import type { Row } from "../row.ts";
import type { ColumnType } from "../schema/column-type.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { canonicalText } from "./canonical.ts";
import { compileAppend, type AppendValues, type WrittenColumn, type WrittenForm } from "./compile-append.ts";

/** Views of up to this length are kept and used again. */
const KEPT_VIEWS = 4096;

/** Writes the canonical form of rows into one buffer, which is used again for each row and grows as needed. */
export class RowWriter {
  readonly #append: AppendValues;
  readonly #reader: RowReader;
  #bytes: Buffer = Buffer.allocUnsafeSlow(16_384);
  #views: (Uint8Array | undefined)[] = [];

  constructor(columns: readonly ColumnDefinition[]) {
    const sorted = columns.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    this.#append = compileAppend(sorted.map((column) => writtenColumn(column)));
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
    this.#reader.read(row);
    return this.#append(bytes, at, this.#reader.values);
  }

  #view(length: number): Uint8Array {
    if (length > KEPT_VIEWS) return this.#bytes.subarray(0, length);
    return (this.#views[length] ??= this.#bytes.subarray(0, length));
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

function formOf(type: ColumnType): WrittenForm {
  switch (type.kind) {
    case "smallint":
    case "integer":
    case "bigint":
      return "integer";
    case "real":
    case "double":
      return "double";
    case "numeric":
    case "text":
    case "uuid":
    case "interval":
      return "text";
    case "json":
    case "array":
      return "other";
    default:
      return type.kind;
  }
}
