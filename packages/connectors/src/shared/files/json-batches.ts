import { parseJsonExact, type RejectedInput, type Row } from "@millrace/core";
import type { Chunk } from "./file-format.ts";

const BATCH_ROWS = 4_096;
/** Characters of JSON that make a batch even with fewer rows. */
const BATCH_LENGTH = 1 << 21;
/** What is kept of the text of a rejected record. */
const MOST_RAW = 1 << 16;

/** Makes batches of rows out of JSON texts, one a row, numbers exact; what is no object is rejected. */
export class JsonBatches {
  readonly #what: "line" | "element";
  #rows: Row[] = [];
  #lines: number[] = [];
  #rejected: RejectedInput[] = [];
  #length = 0;
  #full: Omit<Chunk, "bytes">[] = [];

  /** @param what what the numbers count, for messages. */
  constructor(what: "line" | "element") {
    this.#what = what;
  }

  /** Takes the text of a row, which stands at `line`. */
  add(text: string, line: number): void {
    let value: unknown;
    try {
      value = parseJsonExact(text);
    } catch (error) {
      this.reject(text, line, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    if (!isRow(value)) {
      this.reject(text, line, `is ${kindOf(value)} instead of an object`);
      return;
    }
    this.#rows.push(value);
    this.#lines.push(line);
    this.#length += text.length;
    if (this.#rows.length === BATCH_ROWS || this.#length > BATCH_LENGTH) this.#flush();
  }

  /** Rejects what stands at `line`. */
  reject(text: string, line: number, why: string): void {
    this.#rejected.push({
      line,
      raw: text.slice(0, MOST_RAW),
      code: "MLR_ROW_MALFORMED",
      message: `${this.#what} ${line} ${why}`,
    });
  }

  /** The batches since the last call; there is always at least one, perhaps empty. */
  take(): Omit<Chunk, "bytes">[] {
    if (this.#rows.length > 0 || this.#rejected.length > 0 || this.#full.length === 0) this.#flush();
    const full = this.#full;
    this.#full = [];
    return full;
  }

  #flush(): void {
    const lines = this.#lines;
    const first = lines[0];
    const last = lines.at(-1);
    const consecutive = first !== undefined && last !== undefined && last - first === lines.length - 1;
    this.#full.push({
      rows: this.#rows,
      ...(first === undefined ? {} : { line: first }),
      ...(consecutive || first === undefined ? {} : { lines }),
      ...(this.#rejected.length === 0 ? {} : { rejected: this.#rejected }),
    });
    this.#rows = [];
    this.#lines = [];
    this.#rejected = [];
    this.#length = 0;
  }
}

function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "string" || typeof value === "boolean" ? `a ${typeof value}` : "a number";
}
