import { MillraceError, RowReader, type ColumnDefinition, type Row } from "@millrace/core";
import { COPY_HEADER, COPY_TRAILER } from "../copy-format.ts";
import { compileValues } from "./compile-values.ts";
import { CopyBuffer } from "./copy-buffer.ts";
import { arrayWriter } from "./write-array.ts";
import { SCALAR_WRITERS, writeBigint, writeTimestamp, type ValueWriter } from "./write-scalar.ts";
import { writeUuid } from "./write-uuid.ts";

/** Fields that follow a row's own columns: its hash (bytea), the run (uuid), the time (timestamptz), the ordinal (bigint). */
export type TrailingField = "hash" | "run" | "loadedAt" | "ordinal";

export interface CopyEncoderOptions {
  /** The columns in the order of the COPY's column list. */
  readonly columns: readonly ColumnDefinition[];
  /** What follows them, in the order of the COPY's column list. Default: nothing. */
  readonly trailing?: readonly TrailingField[];
  /** The values that are the same in every row: needed where `trailing` names them. */
  readonly constants?: {
    /** UUID. */
    readonly run?: string;
    /** µs since 1970-01-01 UTC. */
    readonly loadedAt?: number | bigint;
  };
}

/** Turns rows in storage form into what `COPY … FROM STDIN (FORMAT binary)` reads. */
export interface CopyEncoder {
  /** What a COPY begins with. */
  header(): Buffer;
  /** Adds a row; `hash` and `ordinal` where they are trailing fields. */
  append(row: Row, hash?: string, ordinal?: number): void;
  /** The chunks that are full: the caller's from now on. */
  take(): Buffer[];
  /** All that was appended, also the last chunk; appending may go on. */
  flush(): Buffer[];
  /** What a COPY ends with. */
  trailer(): Buffer;
  /** Bytes appended so far, without header and trailer. */
  readonly bytes: number;
}

const HASH_BYTES = 32;

/** Prepares an encoder for a table's columns. Fails with MLR_INTERNAL where a trailing field's constant is missing. */
export function compileCopyEncoder(options: CopyEncoderOptions): CopyEncoder {
  const { columns, trailing = [] } = options;
  const reader = new RowReader(columns.map((column) => column.name));
  const { values } = reader;
  const writeValues = compileValues(columns.map(writerOf));
  const trailers = trailing.map((field) => trailingWriter(field, options.constants ?? {}));
  const fields = columns.length + trailing.length;
  const out = new CopyBuffer(
    2 + columns.reduce((sum, column) => sum + fixedBytesOf(column), 0) + trailing.length * 36,
  );

  return {
    header: () => COPY_HEADER,
    append(row, hash, ordinal) {
      out.beginRow();
      out.reserve(0);
      out.view.setInt16(out.position, fields);
      out.position += 2;
      reader.read(row);
      writeValues(out, values);
      for (let i = 0; i < trailers.length; i++) (trailers[i] as TrailingWriter)(out, hash, ordinal);
    },
    take: () => out.take(),
    flush: () => out.flush(),
    trailer: () => COPY_TRAILER,
    get bytes() {
      return out.total;
    },
  };
}

function writerOf(column: ColumnDefinition): ValueWriter {
  return column.type.kind === "array" ? arrayWriter(column.type.of) : SCALAR_WRITERS[column.type.kind].write;
}

function fixedBytesOf(column: ColumnDefinition): number {
  return column.type.kind === "array" ? 4 : SCALAR_WRITERS[column.type.kind].fixedBytes;
}

type TrailingWriter = (out: CopyBuffer, hash: string | undefined, ordinal: number | undefined) => void;

function trailingWriter(
  field: TrailingField,
  constants: NonNullable<CopyEncoderOptions["constants"]>,
): TrailingWriter {
  if (field === "hash") return writeHash;
  if (field === "ordinal") return (out, _hash, ordinal) => writeBigint(out, ordinal);
  const value = constants[field];
  if (value === undefined) throw new MillraceError("MLR_INTERNAL", `the COPY encoder got no ${field}`);
  const encoded = encodedConstant(value);
  return (out) => {
    out.bytes.set(encoded, out.position);
    out.position += encoded.length;
  };
}

function encodedConstant(value: string | number | bigint): Buffer {
  const buffer = new CopyBuffer(20);
  if (typeof value === "string") writeUuid(buffer, value);
  else writeTimestamp(buffer, value);
  return Buffer.concat(buffer.flush());
}

function writeHash(out: CopyBuffer, hash: string | undefined): void {
  const { bytes, position } = out;
  if (hash?.length !== HASH_BYTES) {
    throw new MillraceError("MLR_INTERNAL", "a row hash has to be 32 bytes as a latin1 string");
  }
  out.view.setInt32(position, HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i++) bytes[position + 4 + i] = hash.charCodeAt(i);
  out.position = position + 4 + HASH_BYTES;
}
