import { MillraceError, type RejectedInput } from "@millrace/core";
import { parse } from "csv-parse/sync";

const DELIMITERS = [",", ";", "\t", "|"];
/** What is kept of the text of a rejected record. */
const MOST_RAW = 1 << 16;

/** Rows of a CSV text with a header; records that do not fit it are rejected. Fails with MLR_SOURCE_FORMAT. */
export function parseCsvAnswer(
  text: string,
  delimiter: string | undefined,
  where: string,
): { rows: Record<string, string>[]; rejected: RejectedInput[] } {
  const rejected: RejectedInput[] = [];
  try {
    const rows = parse(text, {
      columns: (names: string[]) => namesOf(names, where),
      delimiter: delimiter ?? sniff(text),
      bom: true,
      skip_empty_lines: true,
      relax_column_count_less: true,
      skip_records_with_error: true,
      raw: false,
      on_skip: (error, raw) => {
        const line: unknown = error?.lines;
        rejected.push({
          ...(typeof line === "number" ? { line } : {}),
          raw: (typeof raw === "string" ? raw : JSON.stringify(error?.record ?? null)).slice(0, MOST_RAW),
          code: "MLR_ROW_MALFORMED",
          message: error?.message ?? "the record cannot be read",
        });
        return undefined;
      },
    });
    return { rows: rows as Record<string, string>[], rejected };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where} is no CSV: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: "Check the format, or say `delimiter`.",
        cause: error,
      },
    );
  }
}

function sniff(text: string): string {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  const counts = DELIMITERS.map((each) => line.split(each).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function namesOf(names: readonly string[], where: string): string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined)
    return names.map((name, index) => (name.trim() === "" ? `column_${index + 1}` : name.trim()));
  throw new MillraceError("MLR_SOURCE_FORMAT", `${where} has two columns called "${twice}"`, {
    hint: "Ask the server for other columns.",
  });
}
