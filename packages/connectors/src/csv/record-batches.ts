import type { RejectedInput, Row } from "@millrace/core";
import type { Chunk } from "../shared/files/file-format.ts";
import type { RecordSink } from "./record-scanner.ts";
import { rowBuilder, type RowBuilder } from "../shared/files/row-builder.ts";

const BATCH_ROWS = 4_096;
/** What is kept of the text of a rejected record. */
const MOST_RAW = 1 << 16;

/** Makes batches of rows out of records, and rejects those that do not fit the columns. */
export class RecordBatches implements RecordSink {
  /** The text that the scanner is at. */
  text = "";
  /** Records seen, without those that were skipped. */
  records = 0;
  /** Records to leave out before the first: the header, or what an earlier reading was through. */
  skip = 0;
  readonly #columns: number;
  readonly #build: RowBuilder;
  readonly #fill: boolean;
  /** Set behind a malformed line, whose continuation lines look like short records, until one fits again. */
  #recovering = false;
  #rows: Row[] = [];
  #lines: number[] = [];
  #rejected: RejectedInput[] = [];
  #full: Omit<Chunk, "bytes">[] = [];

  constructor(names: readonly string[], ragged: "null" | "reject") {
    this.#columns = names.length;
    this.#build = rowBuilder(names);
    this.#fill = ragged === "null";
  }

  record(fields: (string | null)[], line: number, start: number, end: number): void {
    if (this.skip > 0) {
      this.skip--;
      return;
    }
    this.records++;
    if (fields.length !== this.#columns && !this.#fits(fields, line, start, end)) return;
    this.#recovering &&= fields.length !== this.#columns;
    this.#rows.push(this.#build(fields));
    this.#lines.push(line);
    if (this.#rows.length === BATCH_ROWS) this.#flush();
  }

  malformed(line: number, reason: string, start: number, end: number): void {
    this.#recovering = true;
    if (this.skip > 0) {
      this.skip--;
      return;
    }
    this.records++;
    this.#reject(line, `line ${line} is not a record: ${reason}`, start, end);
  }

  /** The batches since the last call; there is always at least one, perhaps empty. */
  take(): Omit<Chunk, "bytes">[] {
    if (this.#rows.length > 0 || this.#rejected.length > 0 || this.#full.length === 0) this.#flush();
    const full = this.#full;
    this.#full = [];
    return full;
  }

  #fits(fields: (string | null)[], line: number, start: number, end: number): boolean {
    const count = fields.length;
    if (count < this.#columns && this.#fill && !this.#recovering) {
      while (fields.length < this.#columns) fields.push(null);
      return true;
    }
    this.#reject(
      line,
      `line ${line} has ${count} field${count === 1 ? "" : "s"} instead of ${this.#columns}`,
      start,
      end,
    );
    return false;
  }

  #reject(line: number, message: string, start: number, end: number): void {
    const raw = this.text.slice(start, Math.min(end, start + MOST_RAW));
    this.#rejected.push({ line, raw, code: "MLR_ROW_MALFORMED", message });
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
  }
}
