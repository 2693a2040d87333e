import { MillraceError, type ColumnType, type Row } from "@millrace/core";
import { SCALAR_READERS, type ValueReader } from "./read-scalar.ts";

/** A column to read: what it is called in the rows, and its type. */
export interface DecodedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Turns what `COPY … TO STDOUT (FORMAT binary)` writes into rows in storage form. */
export interface CopyDecoder {
  /** The rows that are complete with this chunk; nulls as null. */
  push(chunk: Buffer): Row[];
  /** Fails with MLR_DESTINATION_UNAVAILABLE where the COPY broke off before its end. */
  end(): void;
}

const SIGNATURE_BYTES = 11;
const HEADER_BYTES = SIGNATURE_BYTES + 8;

/** Prepares a decoder for columns in the order of the COPY. */
export function compileCopyDecoder(columns: readonly DecodedColumn[]): CopyDecoder {
  const readers = columns.map(({ type }) =>
    type.kind === "array" ? arrayReader(type.of.kind) : SCALAR_READERS[type.kind],
  );
  const names = columns.map((column) => column.name);
  const empty: Row = Object.fromEntries(names.map((name) => [name, null]));
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  /** How many bytes must be there before it is worth trying again. */
  let needed = HEADER_BYTES;
  let state: "header" | "rows" | "ended" = "header";

  return { push, end };

  function push(chunk: Buffer): Row[] {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < needed || state === "ended") return [];
    const bytes = pending.length === 1 ? chunk : Buffer.concat(pending, pendingBytes);
    let at = 0;
    if (state === "header") {
      at = HEADER_BYTES + bytes.readUInt32BE(SIGNATURE_BYTES + 4);
      state = "rows";
    }
    const rows: Row[] = [];
    for (;;) {
      const next = endOfTuple(bytes, at);
      if (next < 0) break;
      rows.push(read(bytes, at + 2));
      at = next;
    }
    const rest = bytes.subarray(at);
    pending = rest.length === 0 ? [] : [rest];
    pendingBytes = rest.length;
    return rows;
  }

  /** Where the tuple at `at` ends; -1 where it is not complete (then `needed` is set) or the end of the COPY is reached. */
  function endOfTuple(bytes: Buffer, at: number): number {
    if (at + 2 > bytes.length) return lacking(2);
    const fields = bytes.readInt16BE(at);
    if (fields === -1) {
      state = "ended";
      return -1;
    }
    if (fields !== names.length) {
      throw new MillraceError(
        "MLR_INTERNAL",
        `a COPY gave ${fields} fields where ${names.length} were asked for`,
      );
    }
    let end = at + 2;
    for (let i = 0; i < fields; i++) {
      if (end + 4 > bytes.length) return lacking(end + 4 - at);
      const length = bytes.readInt32BE(end);
      end += length < 0 ? 4 : 4 + length;
    }
    return end > bytes.length ? lacking(end - at) : end;
  }

  function lacking(bytes: number): -1 {
    needed = bytes;
    return -1;
  }

  function read(bytes: Buffer, start: number): Row {
    const row: Row = { ...empty };
    let at = start;
    for (let i = 0; i < names.length; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0) continue;
      row[names[i] as string] = (readers[i] as ValueReader)(bytes, at, length);
      at += length;
    }
    return row;
  }

  function end(): void {
    if (state === "ended") return;
    throw new MillraceError("MLR_DESTINATION_UNAVAILABLE", "PostgreSQL ended a COPY before its last row");
  }
}

function arrayReader(element: keyof typeof SCALAR_READERS): ValueReader {
  const read = SCALAR_READERS[element];
  return (bytes, start) => {
    const dimensions = bytes.readInt32BE(start);
    if (dimensions === 0) return [];
    let at = start + 12 + dimensions * 8;
    let count = 1;
    for (let i = 0; i < dimensions; i++) count *= bytes.readInt32BE(start + 12 + i * 8);
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      values.push(length < 0 ? null : read(bytes, at, length));
      if (length > 0) at += length;
    }
    return values;
  };
}
