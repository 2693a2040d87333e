import type { DriverValue } from "../../shared/relational/index.ts";

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const NULL_LETTER = 0x4e;

/** How LOAD DATA is told to read what `LoadBuffer` writes. */
export const LOAD_FORMAT =
  "CHARACTER SET utf8mb4 FIELDS TERMINATED BY X'09' ESCAPED BY X'5C' LINES TERMINATED BY X'0A'";

/** Writes rows as LOAD DATA reads them; bytes as hex digits. */
export class LoadBuffer {
  #bytes = Buffer.allocUnsafe(1 << 16);
  #length = 0;

  row(values: readonly DriverValue[]): void {
    for (const [index, value] of values.entries()) {
      if (index > 0) this.#byte(TAB);
      this.#value(value);
    }
    this.#byte(NEWLINE);
  }

  /** What was written; valid until more is. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #value(value: DriverValue): void {
    if (value === null) {
      this.#byte(BACKSLASH);
      this.#byte(NULL_LETTER);
    } else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) this.#ascii(Buffer.from(value).toString("hex"));
    else if (typeof value === "boolean") this.#ascii(value ? "1" : "0");
    else this.#ascii(value instanceof Date ? value.toISOString().slice(0, -1) : String(value));
  }

  #text(value: string): void {
    if (/[\\\t\n]/.test(value)) return this.#escape(Buffer.from(value, "utf8"));
    this.#reserve(value.length * 3);
    this.#length += this.#bytes.write(value, this.#length, "utf8");
  }

  #ascii(value: string): void {
    this.#reserve(value.length);
    this.#length += this.#bytes.write(value, this.#length, "latin1");
  }

  #escape(bytes: Uint8Array): void {
    this.#reserve(bytes.length * 2);
    for (const byte of bytes) {
      if (byte === BACKSLASH || byte === TAB || byte === NEWLINE) this.#bytes[this.#length++] = BACKSLASH;
      this.#bytes[this.#length++] = byte;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
