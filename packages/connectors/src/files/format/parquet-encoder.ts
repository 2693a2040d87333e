import { zstdCompressSync } from "node:zlib";
import { MillraceError, type ColumnType, type Row, type TableDefinition } from "@millrace/core";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { FileLayout } from "../layout-options.ts";
import type { FileEncoder } from "./encoder.ts";
import { isParquetDecimal, parquetColumn, parquetScalar } from "./parquet-types.ts";

/** Estimated bytes in memory at which a row group is written although it may have more rows. */
const GROUP_BYTES = 16 * 1024 * 1024;
const CODECS = { none: "UNCOMPRESSED", snappy: "SNAPPY", zstd: "ZSTD", gzip: "GZIP" } as const;

/** Parquet, a row group at a time: memory holds the rows of one. */
export class ParquetEncoder implements FileEncoder {
  readonly #columns: readonly Column[];
  readonly #bytes = new ByteWriter(64 * 1024);
  readonly #writer: ParquetWriter;
  readonly #schema: readonly SchemaElement[];
  readonly #groupRows: number;
  readonly #groupBytes: number;
  #rows = 0;
  #estimate = 0;

  constructor(layout: FileLayout, columns: TableDefinition["columns"]) {
    this.#columns = columns.map(({ name, type }) => ({ name, value: valueOf(name, type), data: [] }));
    this.#groupRows = Math.min(layout.rowGroupRows, layout.maxFileRows);
    this.#groupBytes = Math.min(GROUP_BYTES, layout.maxFileBytes);
    const root: SchemaElement = { name: "root", num_children: columns.length };
    const schema = [root, ...columns.flatMap(({ name, type }) => parquetColumn(name, type))];
    this.#schema = schema;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema,
      codec: CODECS[layout.compression],
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
      createdBy: "millrace",
    });
  }

  rows(rows: readonly Row[]): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    for (const row of rows) {
      for (const { name, value, data } of this.#columns) {
        const stored: unknown = Object.hasOwn(row, name) ? row[name] : null;
        if (stored === null || stored === undefined) data.push(null);
        else {
          data.push(value(stored));
          this.#estimate += sizeOf(stored);
        }
      }
      if (++this.#rows >= this.#groupRows || this.#estimate >= this.#groupBytes) out.push(...this.#group());
    }
    return out;
  }

  finish(): readonly Uint8Array[] {
    const out = [...this.#group()];
    // Not before the values are written: the writer would make JSON texts of what are JSON texts already.
    for (const element of this.#schema) {
      if (element.logical_type?.type === "JSON") element.converted_type = "JSON";
    }
    void this.#writer.finish();
    return [...out, ...this.#take()];
  }

  #group(): readonly Uint8Array[] {
    if (this.#rows === 0) return [];
    void this.#writer.write({
      columnData: this.#columns.map(({ name, data }) => ({ name, data: [...data] })),
      rowGroupSize: this.#rows,
    });
    for (const { data } of this.#columns) data.length = 0;
    this.#rows = 0;
    this.#estimate = 0;
    return this.#take();
  }

  /** What was written since; the writer goes on counting its offset. */
  #take(): readonly Uint8Array[] {
    if (this.#bytes.index === 0) return [];
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return [bytes];
  }
}

interface Column {
  readonly name: string;
  readonly value: (stored: unknown) => unknown;
  readonly data: unknown[];
}

function valueOf(column: string, type: ColumnType): (stored: unknown) => unknown {
  const scalar = type.kind === "array" ? type.of : type;
  const { value } = parquetScalar(scalar);
  const checked = isParquetDecimal(scalar) ? (stored: unknown) => decimal(column, stored, value) : value;
  if (type.kind !== "array") return checked;
  return (stored) =>
    (stored as readonly unknown[]).map((each) =>
      each === null || each === undefined ? null : checked(each),
    );
}

function decimal(column: string, stored: unknown, value: (stored: unknown) => unknown): unknown {
  if (/^-?\d/.test(stored as string)) return value(stored);
  throw new MillraceError(
    "MLR_ROW_INVALID",
    `column "${column}" has the value ${String(stored)}, which decimals of Parquet do not know`,
    {
      hint: "Declare the column as numeric without precision (kept as text) or as double.",
      details: { column },
    },
  );
}

/** Roughly what a value takes in memory. */
function sizeOf(stored: unknown): number {
  if (typeof stored === "string") return 24 + stored.length;
  if (stored instanceof Uint8Array) return 96 + stored.length;
  if (Array.isArray(stored)) return stored.reduce<number>((sum, each) => sum + sizeOf(each), 32);
  return 16;
}
