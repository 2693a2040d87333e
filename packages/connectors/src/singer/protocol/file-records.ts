import type { Message, Row } from "@millrace/core";
import type { LineBlock } from "./line-blocks.ts";
import { parseObject } from "./parse-line.ts";
import type { SingerReadingOptions } from "./reading-options.ts";
import { keylessRecord } from "./singer-error.ts";
import type { SingerStream } from "./singer-stream.ts";

/** Reads the lines of one file that a BATCH message named: each is a record. */
export class FileRecords {
  readonly #file: string;
  readonly #stream: SingerStream;
  readonly #o: Pick<SingerReadingOptions, "missingKey" | "prepare">;
  readonly #slice: string;
  #line = 0;

  constructor(
    file: string,
    stream: SingerStream,
    options: Pick<SingerReadingOptions, "missingKey" | "prepare"> & { readonly slice: string },
  ) {
    this.#file = file;
    this.#stream = stream;
    this.#o = options;
    this.#slice = options.slice;
  }

  /** The rows of whole lines, after a new declaration of the stream where they need one. */
  *take({ text, inexact }: LineBlock): Generator<Message, void, void> {
    const rows: Row[] = [];
    const lines: number[] = [];
    for (let start = 0; start < text.length;) {
      let end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      this.#line++;
      const record = this.#record(text.slice(start, end), inexact);
      start = end + 1;
      if (record === undefined) continue;
      if (inexact) this.#stream.widen(record);
      rows.push(record);
      lines.push(this.#line);
    }
    if (this.#stream.widened) yield this.#stream.definition(this.#stream);
    const position = { file: this.#file, lines };
    yield { type: "rows", stream: this.#stream.name, slice: this.#slice, rows, position };
  }

  #record(line: string, inexact: boolean): Row | undefined {
    const place = { origin: this.#file, line: this.#line };
    const record = parseObject(line, inexact, () => place);
    if (record === undefined) return undefined;
    const missing = this.#stream.missingKey(record);
    if (missing !== undefined && this.#o.missingKey === "fail") {
      throw keylessRecord(place, line, this.#stream.name, missing);
    }
    const checked = this.#stream.checked(record);
    return this.#o.prepare === undefined ? checked : this.#o.prepare(checked, {}, line);
  }
}
