import { isUtf8 } from "node:buffer";
import { MillraceError } from "@millrace/core";
import { mayHoldInexact } from "./inexact-numbers.ts";

/** Whole lines that came together. */
export interface LineBlock {
  /** Each line ends in a line break, but for the last one of all. */
  readonly text: string;
  /** Some number in it may be one that `JSON.parse` rounds. */
  readonly inexact: boolean;
}

const LINE_BREAK = 10;

/** Cuts bytes that come in pieces into whole lines; holds no more than the longest allowed line. */
export class LineBlocks {
  readonly #origin: string;
  readonly #longest: number;
  readonly #rest: Uint8Array[] = [];
  #restBytes = 0;
  /** Lines that were handed out. */
  #lines = 0;

  /** @param longest line in bytes. */
  constructor(origin: string, longest: number) {
    this.#origin = origin;
    this.#longest = longest;
  }

  /** The lines that are whole with this piece. Fails with MLR_SOURCE_LIMIT or MLR_SOURCE_FORMAT. */
  push(piece: Uint8Array): LineBlock | undefined {
    const cut = piece.lastIndexOf(LINE_BREAK) + 1;
    if (cut === 0) {
      this.#keep(piece);
      return undefined;
    }
    const first = piece.indexOf(LINE_BREAK);
    if (this.#restBytes + first > this.#longest) throw this.#tooLong();
    const whole =
      this.#rest.length === 0
        ? Buffer.from(piece.buffer, piece.byteOffset, cut)
        : Buffer.concat([...this.#rest, piece.subarray(0, cut)]);
    this.#rest.length = this.#restBytes = 0;
    const block = this.#block(whole);
    if (cut < piece.length) this.#keep(piece.subarray(cut));
    return block;
  }

  /** What is left when nothing more comes: a last line without its line break. */
  end(): LineBlock | undefined {
    return this.#restBytes === 0 ? undefined : this.#block(Buffer.concat(this.#rest));
  }

  #keep(piece: Uint8Array): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > this.#longest) throw this.#tooLong();
    // The piece's memory is used again by whoever reads.
    this.#rest.push(Uint8Array.from(piece));
  }

  #block(bytes: Buffer): LineBlock {
    if (!isUtf8(bytes)) throw this.#notUtf8(bytes);
    const text = bytes.toString("utf8");
    this.#lines += countBreaks(bytes);
    return { text, inexact: mayHoldInexact(bytes) };
  }

  #tooLong(): MillraceError {
    const line = this.#lines + 1;
    return new MillraceError(
      "MLR_SOURCE_LIMIT",
      `line ${line} of ${this.#origin} has more than ${this.#longest} bytes`,
      { hint: "Raise the longest line that is accepted with the option maxLineBytes.", details: { line } },
    );
  }

  #notUtf8(bytes: Buffer): MillraceError {
    let start = 0;
    let line = this.#lines + 1;
    for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, start)) {
      if (!isUtf8(bytes.subarray(start, end))) break;
      start = end + 1;
      line++;
    }
    return new MillraceError("MLR_SOURCE_FORMAT", `line ${line} of ${this.#origin} is not UTF-8`, {
      hint: "Singer messages are UTF-8. A tap in Python writes UTF-8 with PYTHONIOENCODING=utf-8 in its environment.",
      details: { line },
    });
  }
}

function countBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_BREAK); at >= 0; at = bytes.indexOf(LINE_BREAK, at + 1)) count++;
  return count;
}
