import { parse } from "csv-parse";
import { Readable } from "node:stream";
import { invalid } from "./read-lines.ts";
import type { ReadRow } from "./parts.ts";
import type { PushLimits } from "./push-limits.ts";

/** Rows that come together. */
const TOGETHER = 500;

/** The rows of a CSV with a line of names. Fails with MLR_PUSH_INVALID where it cannot be read on. */
export async function* readCsv(
  body: AsyncIterable<Buffer>,
  limits: PushLimits,
  delimiter = ",",
): AsyncGenerator<readonly ReadRow[]> {
  const parser = parse({
    delimiter,
    bom: true,
    columns: (names: string[]) => checkNames(names, limits),
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: limits.rowBytes,
    info: true,
    raw: true,
  });
  const source = Readable.from(body, { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let rows: ReadRow[] = [];
  try {
    for await (const record of parser as AsyncIterable<CsvRecord>) {
      rows.push(readRecord(record));
      if (rows.length >= TOGETHER) {
        yield rows;
        rows = [];
      }
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code !== "string" || !code.startsWith("CSV_")) throw error;
    throw invalid(`The CSV cannot be read: ${(error as Error).message.slice(0, 300)}`, "Check its quotes.");
  } finally {
    source.destroy();
  }
  if (rows.length > 0) yield rows;
}

interface CsvRecord {
  readonly record: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly info: { readonly error?: { readonly message: string } };
}

function readRecord({ record, raw, info }: CsvRecord): ReadRow {
  const bytes = Buffer.byteLength(raw);
  const { error } = info;
  return error === undefined
    ? { row: record, bytes }
    : { raw, problem: "the record has another number of fields than the first line", bytes };
}

function checkNames(names: readonly string[], { fields }: PushLimits): string[] {
  const trimmed = names.map((name) => name.trim());
  const bad = trimmed.find((name, at) => name === "" || trimmed.indexOf(name) !== at);
  if (bad !== undefined) {
    const why = bad === "" ? "has an empty name" : `has the name "${bad.slice(0, 80)}" twice`;
    throw invalid(`The first line of the CSV ${why}`, "It names each column once.");
  }
  if (trimmed.length > fields)
    throw invalid(`The CSV has more than ${fields} columns`, "Send fewer columns.");
  return trimmed;
}
