import { RecordScanner, type Dialect } from "./record-scanner.ts";
import type { ResolvedCsvOptions } from "./options.ts";

/** Delimiters that are looked for, the more usual first. */
const DELIMITERS = [",", ";", "\t", "|"];
/** Records of the sample that are looked at. */
const MOST_RECORDS = 500;

/** A file's dialect, and how many lines come before its header. */
export interface FoundDialect {
  readonly dialect: Dialect;
  readonly skipLines: number;
}

/** The dialect that the options say, and where they say nothing, the beginning of the file. */
export function findDialect(sample: string, whole: boolean, options: ResolvedCsvOptions): FoundDialect {
  const carriageReturns = !sample.includes("\n") && sample.includes("\r");
  const quote = options.quote === false ? undefined : options.quote;
  const base: Omit<Dialect, "delimiter"> = {
    quote,
    escape: options.escape ?? quote ?? '"',
    comment: options.comment,
    carriageReturns,
    relaxedQuotes: options.relaxedQuotes,
    nulls: options.nulls,
    maxRecordLength: options.maxRecordLength,
  };
  const body = afterLines(sample, options.skipLines, carriageReturns);
  // Excel writes such a first line where the delimiter is not the one of its language.
  const announced = /^sep=(.)\r?(\n|$)/i.exec(body);
  const skipLines = options.skipLines + (announced === null ? 0 : 1);
  const delimiter = options.delimiter ?? announced?.[1] ?? bestDelimiter(body, whole, base);
  return { dialect: { ...base, delimiter }, skipLines };
}

function afterLines(text: string, lines: number, carriageReturns: boolean): string {
  let start = 0;
  for (let line = 0; line < lines; line++) {
    const end = text.indexOf(carriageReturns ? "\r" : "\n", start);
    if (end < 0) return "";
    start = end + 1;
  }
  return text.slice(start);
}

/** The delimiter that gives most records the same number of fields as the first one, and more than one. */
function bestDelimiter(sample: string, whole: boolean, base: Omit<Dialect, "delimiter">): string {
  let best = ",";
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const counts = fieldCounts(sample, whole, { ...base, delimiter });
    const first = counts[0] ?? 0;
    if (first < 2) continue;
    const alike = counts.filter((count) => count === first).length / counts.length;
    const score = alike + Math.min(first, 100) / 1_000;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

/** Fields of each record, 0 for a malformed one. */
function fieldCounts(sample: string, whole: boolean, dialect: Dialect): number[] {
  const counts: number[] = [];
  const scanner = new RecordScanner(dialect);
  const sink = {
    record: (fields: readonly unknown[]) => counts.push(fields.length),
    malformed: () => counts.push(0),
  };
  scanner.scan(sample, 0, whole, sink);
  if (counts.length === 0) scanner.scan(sample, 0, true, sink);
  return counts.slice(0, MOST_RECORDS);
}
