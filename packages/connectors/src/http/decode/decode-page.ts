import { MillraceError, parseJsonExact, type RejectedInput, type Row } from "@millrace/core";
import { headerOf, type WholeAnswer } from "../../shared/request/whole-answer.ts";
import type { RowsOf } from "./compile-rows.ts";
import { parseCsvAnswer } from "./csv.ts";
import { parseJsonAnswer } from "./json.ts";
import type { Format } from "./options.ts";
import { parseXmlAnswer } from "./xml.ts";

/** What is kept of the text of a rejected row. */
const MOST_RAW = 1 << 16;

/** The rows of one answer. */
export interface DecodedPage {
  /** The document around the rows; undefined for lines and CSV. */
  readonly document: unknown;
  readonly rows: readonly Row[];
  readonly rejected: readonly RejectedInput[];
  /** Values are texts whose types are to be found out. */
  readonly untyped: boolean;
}

/** How answers are decoded. */
export interface DecodeOptions {
  readonly format: Format;
  readonly rowsOf: RowsOf;
  /** Names for the values of rows that are arrays. */
  readonly columns: readonly string[] | undefined;
  readonly delimiter: string | undefined;
  /** A document without the place of the rows has no rows. */
  readonly allowEmpty: boolean;
  /** For errors. */
  readonly where: () => string;
}

/** Decodes an answer. Fails with MLR_SOURCE_FORMAT. */
export function decodePage(answer: WholeAnswer, options: DecodeOptions): DecodedPage {
  const { where } = options;
  switch (formatOf(answer, options.format)) {
    case "csv": {
      const { rows, rejected } = parseCsvAnswer(textOf(answer), options.delimiter, where());
      return { document: undefined, rows, rejected, untyped: true };
    }
    case "jsonl":
      return decodeLines(textOf(answer), options.columns);
    case "xml":
      return pick(parseXmlAnswer(textOf(answer), where()), options, { untyped: true, text: () => "null" });
    default:
      return pick(parseJsonAnswer(answer, where), options, {
        untyped: false,
        text: () => answer.body.toString("utf8").replace(/^\uFEFF/, ""),
      });
  }
}

/** What an answer is: what was said, else what its content type says, else what it looks like. */
function formatOf(answer: WholeAnswer, format: Format): Exclude<Format, "auto"> {
  if (format !== "auto") return format;
  const type = (headerOf(answer.headers, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (/[/+](x-)?(ndjson|jsonl|jsonlines|json-seq|json-lines)$/.test(type)) return "jsonl";
  if (/[/+]json$/.test(type)) return "json";
  if (/\/(csv|tab-separated-values)$/.test(type)) return "csv";
  if (/[/+]xml$/.test(type) && !type.includes("html")) return "xml";
  const start = answer.body.subarray(0, 200).toString("utf8").trimStart();
  return start.startsWith("<?xml") && !type.includes("html") ? "xml" : "json";
}

function textOf({ body, headers }: WholeAnswer): string {
  const charset = /;\s*charset="?([\w.:-]+)"?/i.exec(headerOf(headers, "content-type") ?? "")?.[1];
  try {
    return new TextDecoder(charset ?? "utf-8").decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function decodeLines(text: string, columns: readonly string[] | undefined): DecodedPage {
  const rows: Row[] = [];
  const rejected: RejectedInput[] = [];
  let line = 0;
  for (const raw of text.split("\n")) {
    line++;
    // Records of application/json-seq begin with a record separator.
    const record = raw.replace(/^\u001e/, "").trim();
    if (record === "") continue;
    try {
      addRow(parseJsonExact(record), { rows, rejected, columns, line });
    } catch (error) {
      rejected.push(
        malformed(line, record, `line ${line} is not JSON: ${error instanceof Error ? error.message : ""}`),
      );
    }
  }
  return { document: undefined, rows, rejected, untyped: false };
}

function pick(
  document: unknown,
  options: DecodeOptions,
  { untyped, text }: { untyped: boolean; text: () => string },
): DecodedPage {
  const found = options.rowsOf(document, text);
  if (found === undefined && !options.allowEmpty) throw nothingThere(document, options.where());
  const rejected: RejectedInput[] = [];
  if (found !== undefined && found.every(isRow)) return { document, rows: found, rejected, untyped };
  const rows: Row[] = [];
  let line = 0;
  for (const value of found ?? []) addRow(value, { rows, rejected, columns: options.columns, line: ++line });
  return { document, rows, rejected, untyped };
}

interface Target {
  readonly rows: Row[];
  readonly rejected: RejectedInput[];
  readonly columns: readonly string[] | undefined;
  readonly line: number;
}

function addRow(value: unknown, { rows, rejected, columns, line }: Target): void {
  if (isRow(value)) rows.push(value);
  else if (Array.isArray(value) && columns !== undefined) {
    rows.push(Object.fromEntries(columns.map((name, index) => [name, value[index] as unknown])));
  } else {
    const what = Array.isArray(value) ? "an array (name its values with `columns`)" : "no object";
    rejected.push(malformed(line, JSON.stringify(value, exactText) ?? "", `element ${line} is ${what}`));
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function exactText(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function malformed(line: number, raw: string, message: string): RejectedInput {
  return { line, raw: raw.slice(0, MOST_RAW), code: "MLR_ROW_MALFORMED", message };
}

function nothingThere(document: unknown, where: string): MillraceError {
  const names = typeof document === "object" && document !== null ? Object.keys(document).slice(0, 10) : [];
  return new MillraceError("MLR_SOURCE_FORMAT", `${where} has nothing where \`rows\` says the rows are`, {
    hint: `${names.length === 0 ? "It is no object." : `Its members: ${names.join(", ")}.`} Correct \`rows\`, or say \`allowEmpty: true\` where that means no rows.`,
    details: { members: names },
  });
}
