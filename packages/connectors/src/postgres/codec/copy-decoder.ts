import { MillraceError, type ColumnType, type Row } from "@millrace/core";
import { readArray } from "./read-array.ts";
import { SCALAR_READERS, type ValueReader } from "./read-scalar.ts";

/** A column to read: what it is called in the rows, and its type. */
export interface DecodedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

const SIGNATURE_BYTES = 11;
const HEADER_BYTES = SIGNATURE_BYTES + 8;

/** Turns what `COPY … TO STDOUT (FORMAT binary)` writes into rows in storage form. */
export class CopyDecoder {
  readonly #names: readonly string[];
  readonly #readers: readonly ValueReader[];
  readonly #empty: Row;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** How many bytes must be there before it is worth trying again. */
  #needed = HEADER_BYTES;
  #state: "header" | "rows" | "ended" = "header";

  /** @param columns in the order of the COPY. */
  constructor(columns: readonly DecodedColumn[]) {
    this.#names = columns.map((column) => column.name);
    this.#readers = columns.map(({ type }) =>
      type.kind === "array" ? readArray(SCALAR_READERS[type.of.kind]) : SCALAR_READERS[type.kind],
    );
    this.#empty = Object.fromEntries(this.#names.map((name) => [name, null]));
  }

  /** The rows that are complete with this chunk; nulls as null. */
  push(chunk: Buffer): Row[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#needed || this.#state === "ended") return [];
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#pendingBytes);
    let at = 0;
    if (this.#state === "header") {
      at = HEADER_BYTES + bytes.readUInt32BE(SIGNATURE_BYTES + 4);
      this.#state = "rows";
    }
    const rows: Row[] = [];
    for (let next = this.#endOfTuple(bytes, at); next >= 0; next = this.#endOfTuple(bytes, at)) {
      rows.push(this.#read(bytes, at + 2));
      at = next;
    }
    const rest = bytes.subarray(at);
    this.#pending = rest.length === 0 ? [] : [rest];
    this.#pendingBytes = rest.length;
    return rows;
  }

  /** Fails with MLR_DESTINATION_UNAVAILABLE where the COPY broke off before its end. */
  end(): void {
    if (this.#state === "ended") return;
    throw new MillraceError("MLR_DESTINATION_UNAVAILABLE", "PostgreSQL ended a COPY before its last row");
  }

  /** Where the tuple at `at` ends; -1 where it is not complete (then `needed` is set) or the end of the COPY is reached. */
  #endOfTuple(bytes: Buffer, at: number): number {
    if (at + 2 > bytes.length) return this.#lacking(2);
    const fields = bytes.readInt16BE(at);
    if (fields === -1) {
      this.#state = "ended";
      return -1;
    }
    if (fields !== this.#names.length) {
      throw new MillraceError(
        "MLR_INTERNAL",
        `a COPY gave ${fields} fields where ${this.#names.length} were asked for`,
      );
    }
    let end = at + 2;
    for (let i = 0; i < fields; i++) {
      if (end + 4 > bytes.length) return this.#lacking(end + 4 - at);
      const length = bytes.readInt32BE(end);
      end += length < 0 ? 4 : 4 + length;
    }
    return end > bytes.length ? this.#lacking(end - at) : end;
  }

  #lacking(bytes: number): -1 {
    this.#needed = bytes;
    return -1;
  }

  #read(bytes: Buffer, start: number): Row {
    const row: Row = { ...this.#empty };
    let at = start;
    for (let i = 0; i < this.#names.length; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0) continue;
      row[this.#names[i] as string] = (this.#readers[i] as ValueReader)(bytes, at, length);
      at += length;
    }
    return row;
  }
}
