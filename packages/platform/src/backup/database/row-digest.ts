import { hash } from "node:crypto";

const NEWLINE = 10;

/**
 * Counts the rows of a COPY in text form and sums their SHA-256, so that the order in which a server gives them does not
 * matter. Text form has exactly one newline per row.
 */
export class RowDigest {
  rows = 0;
  readonly #lanes = new Uint32Array(8);
  #rest: Buffer = Buffer.alloc(0);

  /** Takes the next bytes, wherever they begin and end. */
  add(chunk: Buffer): void {
    const text = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, from)) {
      this.#row(text.subarray(from, end));
      from = end + 1;
    }
    this.#rest = text.subarray(from);
  }

  /** The sum, in hexadecimal. */
  digest(): string {
    return [...this.#lanes].map((lane) => lane.toString(16).padStart(8, "0")).join("");
  }

  #row(row: Buffer): void {
    this.rows += 1;
    const sum = hash("sha256", row, "buffer");
    for (let lane = 0; lane < 8; lane += 1) {
      this.#lanes[lane] = (this.#lanes[lane] ?? 0) + sum.readUInt32LE(lane * 4);
    }
  }
}
