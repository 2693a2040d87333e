import { readFile } from "node:fs/promises";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import { CsvError, parse } from "csv-parse/sync";
import type { ReaderContext } from "../../shared/sampling/index.ts";

/** A line of a file with its number. */
export interface CsvRow {
  readonly record: Readonly<Record<string, string>>;
  readonly line: number;
}

/** The records of a small CSV file. Fails with MLR_SOURCE_NOT_FOUND or MLR_SOURCE_FORMAT. */
export async function readCsvRows(
  file: string,
  delimiter: string,
  { directory }: Pick<ReaderContext, "directory">,
): Promise<readonly CsvRow[]> {
  const text = await textOf(path.resolve(directory, file), file);
  try {
    const records = parse(text, {
      columns: true,
      bom: true,
      comment: "#",
      comment_no_infix: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly {
      readonly record: CsvRow["record"];
      readonly info: { readonly lines: number };
    }[];
    return records.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new MillraceError("MLR_SOURCE_FORMAT", `${file}: ${cause.message}`, {
      hint: "The first line names the columns, and each line has as many fields as it.",
      cause,
    });
  }
}

async function textOf(full: string, file: string): Promise<string> {
  try {
    return await readFile(full, "utf8");
  } catch (cause) {
    throw new MillraceError("MLR_SOURCE_NOT_FOUND", `${file} cannot be read: ${String(cause)}`, {
      hint: `Looked for it at ${full}: paths start in the project's folder.`,
      cause,
    });
  }
}
