import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import { JsonBatches } from "../shared/files/json-batches.ts";
import type { Mark } from "../shared/files/mark.ts";
import { marked } from "../shared/files/marked.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { TextContent, passEmpty } from "../shared/files/text-content.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { ResolvedJsonlOptions } from "./options.ts";

/** Reads the rows of one file with a JSON object a line; lines that are none are rejected. */
export async function* readJsonl(
  file: OpenFile,
  options: ResolvedJsonlOptions,
  context: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  const content = await TextContent.inspect(file, options, { kind: "jsonl", log: context.log });
  if (passEmpty(content, options)) return;
  yield* new LineReading(content, options, context).chunks();
}

/** One reading of a file's lines, from its start or from where an earlier one stopped. */
class LineReading {
  readonly #content: TextContent;
  readonly #context: FormatContext;
  readonly #batches = new JsonBatches("line");
  readonly #lines: LineSplitter;
  /** Lines that an earlier reading was through and that cannot be jumped over. */
  readonly #behind: number;
  #records: number;

  constructor(content: TextContent, options: ResolvedJsonlOptions, context: FormatContext) {
    this.#content = content;
    this.#context = context;
    const { from } = context;
    const entered = from?.offset !== undefined;
    this.#behind = entered ? 0 : (from?.records ?? 0);
    this.#records = entered ? from.records : 0;
    const wanted = (): boolean => ++this.#records > this.#behind;
    this.#lines = new LineSplitter(entered ? (from.line ?? 1) : 1, options.maxLineLength, {
      line: (text, line) => {
        if (wanted()) this.#batches.add(text, line);
      },
      tooLong: (start, line) => {
        const why = `has more than ${options.maxLineLength} characters`;
        if (wanted()) this.#batches.reject(start, line, why);
      },
    });
  }

  async *chunks(): AsyncGenerator<Chunk, void, void> {
    const { from, growing, log } = this.#context;
    for await (const { text, last } of this.#content.pieces(from?.offset)) {
      this.#lines.push(text, last && !growing);
      if (last && growing && this.#lines.rest !== "") {
        const { name } = this.#content.file;
        log("info", `${name}: the last line has no line break yet; it is left for the next reading`);
      }
      yield* marked(this.#batches.take(), text.length, this.#mark());
    }
  }

  #mark(): Mark | undefined {
    if (this.#lines.dropping || this.#records < this.#behind) return undefined;
    const records = this.#records;
    const offset = this.#content.offsetOf(this.#lines.rest);
    return offset === undefined ? { records } : { records, offset, line: this.#lines.line };
  }
}
