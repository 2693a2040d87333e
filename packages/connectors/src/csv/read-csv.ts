import { MillraceError } from "@millrace/core";
import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import type { Mark } from "../shared/files/mark.ts";
import { marked } from "../shared/files/marked.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { TextContent, passEmpty } from "../shared/files/text-content.ts";
import { findDialect, type FoundDialect } from "./dialect.ts";
import { columnNames } from "../shared/files/column-names.ts";
import type { ResolvedCsvOptions } from "./options.ts";
import { RecordBatches } from "./record-batches.ts";
import { RecordScanner } from "./record-scanner.ts";

/** Reads the rows of one CSV file. Fails with MLR_SOURCE_FORMAT where it is no CSV or has no header. */
export async function* readCsv(
  file: OpenFile,
  options: ResolvedCsvOptions,
  context: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  const content = await TextContent.inspect(file, options, { kind: "csv", log: context.log });
  if (passEmpty(content, options)) return;
  const found = findDialect(content.sample, content.whole, options);
  const names = await namesOf(content, found, options);
  if (names === undefined) return;
  yield* new RecordReading(content, found, { names, options, context }).chunks();
}

/** One reading of a file's records, from its start or from where an earlier one stopped. */
class RecordReading {
  readonly #content: TextContent;
  readonly #options: ResolvedCsvOptions;
  readonly #context: FormatContext;
  readonly #scanner: RecordScanner;
  readonly #lines: LineSkipper;
  readonly #batches: RecordBatches;
  #rest = "";

  constructor(
    content: TextContent,
    { dialect, skipLines }: FoundDialect,
    { names, options, context }: { names: string[]; options: ResolvedCsvOptions; context: FormatContext },
  ) {
    this.#content = content;
    this.#options = options;
    this.#context = context;
    this.#scanner = new RecordScanner(dialect);
    this.#batches = new RecordBatches(names, options.ragged);
    const { from } = context;
    const entered = from?.offset !== undefined;
    this.#lines = new LineSkipper(entered ? 0 : skipLines, dialect.carriageReturns);
    this.#batches.records = from?.records ?? 0;
    if (entered) this.#scanner.line = from.line ?? 1;
    else this.#batches.skip = (options.header === true ? 1 : 0) + (from?.records ?? 0);
  }

  async *chunks(): AsyncGenerator<Chunk, void, void> {
    for await (const { text, last } of this.#content.pieces(this.#context.from?.offset)) {
      this.#take(text, last);
      yield* marked(this.#batches.take(), text.length, this.#mark());
    }
  }

  #take(text: string, last: boolean): void {
    const { growing, log } = this.#context;
    const { file } = this.#content;
    const joined = this.#rest === "" ? text : this.#rest + text;
    const start = this.#lines.skip(joined);
    this.#scanner.line += this.#lines.justSkipped;
    this.#batches.text = joined;
    const end = this.#scanner.scan(joined, start, last && !growing, this.#batches);
    this.#rest = joined.slice(end);
    if (this.#rest.length > this.#options.maxRecordLength) {
      throw tooLong(file, this.#scanner.line, this.#options);
    }
    if (last && this.#rest !== "") {
      log("info", `${file.name}: the last line has no line break yet; it is left for the next reading`);
    }
  }

  #mark(): Mark | undefined {
    if (this.#lines.left > 0 || this.#batches.skip > 0) return undefined;
    const { records } = this.#batches;
    const offset = this.#content.offsetOf(this.#rest);
    return offset === undefined ? { records } : { records, offset, line: this.#scanner.line };
  }
}

/** Names of the columns; undefined where the file has no record at all and need not have one. */
async function namesOf(
  content: TextContent,
  found: FoundDialect,
  options: ResolvedCsvOptions,
): Promise<string[] | undefined> {
  if (Array.isArray(options.header)) return columnNames(options.header, "error", "csv()");
  const first = await firstRecord(content, found, options);
  if (first !== undefined) {
    if (options.header === false) return first.map((_, index) => `column_${index + 1}`);
    return columnNames(first, options.duplicateHeaders, content.file.name);
  }
  if (options.allowEmpty) return undefined;
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${content.file.name} has no ${options.header === true ? "header" : "records"}`,
    {
      hint: "Set `allowEmpty: true` if a file without records means that there are no rows.",
      details: { file: content.file.name },
    },
  );
}

async function firstRecord(
  content: TextContent,
  { dialect, skipLines }: FoundDialect,
  options: ResolvedCsvOptions,
): Promise<(string | null)[] | undefined> {
  const scanner = new RecordScanner({ ...dialect, nulls: [] });
  const lines = new LineSkipper(skipLines, dialect.carriageReturns);
  const sink = new FirstRecord();
  let rest = "";
  for await (const { text, last } of content.pieces()) {
    const joined = rest + text;
    const start = lines.skip(joined);
    scanner.line += lines.justSkipped;
    rest = joined.slice(scanner.scan(joined, start, last, sink));
    if (sink.problem !== undefined && options.header === true) {
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `${content.file.name}: the header cannot be read: ${sink.problem}`,
        {
          hint: "Correct the header, or say `quote`, `escape` or `skipLines`.",
          details: { file: content.file.name },
        },
      );
    }
    if (sink.fields !== undefined) return sink.fields;
    if (rest.length > options.maxRecordLength) throw tooLong(content.file, scanner.line, options);
  }
  return undefined;
}

/** Keeps the first record, and whether a malformed line came before it. */
class FirstRecord {
  fields: (string | null)[] | undefined;
  problem: string | undefined;

  record(fields: readonly (string | null)[]): void {
    this.fields ??= [...fields];
  }

  malformed(_line: number, reason: string): void {
    if (this.fields === undefined) this.problem ??= reason;
  }
}

/** Passes over the first lines of a text that comes in pieces. */
class LineSkipper {
  /** Lines still to be skipped. */
  left: number;
  justSkipped = 0;
  readonly #newline: string;

  constructor(lines: number, carriageReturns: boolean) {
    this.left = lines;
    this.#newline = carriageReturns ? "\r" : "\n";
  }

  /** Index behind the skipped lines that `text` has, its length where it has no more than those. */
  skip(text: string): number {
    let start = 0;
    this.justSkipped = 0;
    while (this.left > 0 && start < text.length) {
      const end = text.indexOf(this.#newline, start);
      if (end < 0) return text.length;
      start = end + 1;
      this.left--;
      this.justSkipped++;
    }
    return start;
  }
}

function tooLong(file: OpenFile, line: number, options: ResolvedCsvOptions): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${file.name}: line ${line} has more than ${options.maxRecordLength} characters`,
    {
      hint: "This may not be CSV at all. Raise the option `maxRecordLength` if such long records are expected.",
      details: { file: file.name, line },
    },
  );
}
