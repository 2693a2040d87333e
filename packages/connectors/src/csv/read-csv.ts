import { MillraceError } from "@millrace/core";
import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
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
  const batches = new RecordBatches(names, options.ragged);
  yield* records(content, found, batches, options, context);
}

async function* records(
  content: TextContent,
  { dialect, skipLines }: FoundDialect,
  batches: RecordBatches,
  options: ResolvedCsvOptions,
  { from, growing, log }: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  const scanner = new RecordScanner(dialect);
  const entered = from?.offset !== undefined;
  if (entered) scanner.line = from.line ?? 1;
  batches.records = entered ? from.records : 0;
  batches.skip = entered || options.header !== true ? 0 : 1;
  if (!entered && from !== undefined) {
    batches.skip += from.records;
    batches.records = from.records;
  }
  const lines = new LineSkipper(entered ? 0 : skipLines, dialect.carriageReturns);
  let rest = "";
  for await (const { text, last } of content.pieces(from?.offset)) {
    const joined = rest === "" ? text : rest + text;
    const start = lines.skip(joined);
    scanner.line += lines.justSkipped;
    batches.text = joined;
    const end = scanner.scan(joined, start, last && !growing, batches);
    rest = joined.slice(end);
    if (rest.length > options.maxRecordLength) throw tooLong(content.file, scanner.line, options);
    if (last && rest !== "")
      log(
        "info",
        `${content.file.name}: the last line has no line break yet; it is left for the next reading`,
      );
    const offset = content.offsetOf(rest);
    const taken = batches.take();
    for (const [index, chunk] of taken.entries()) {
      const bytes = text.length / taken.length;
      if (index < taken.length - 1 || lines.left > 0 || batches.skip > 0) yield { ...chunk, bytes };
      else {
        const place = offset === undefined ? {} : { offset, line: scanner.line };
        yield { ...chunk, bytes, mark: { records: batches.records, ...place } };
      }
    }
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
