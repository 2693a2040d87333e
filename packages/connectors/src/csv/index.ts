import { parseOptions, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { csvOptions, type CsvOptions, type ResolvedCsvOptions } from "./options.ts";

export type { CsvOptions } from "./options.ts";

/**
 * Rows of CSV files. Delimiter and encoding are found out; values are text, so that the types of the columns are
 * inferred from what they look like; lines that are no records go to the quarantine.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example csv({ path: "data/airports.csv" })
 */
export function csv(options: CsvOptions): Source {
  return csvSource("csv", parseOptions(csvOptions, options, "csv()"));
}

/**
 * Rows of files with tabs between the fields: `csv` with `delimiter: "\t"`.
 * @example tsv({ path: "data/unemployment.tsv" })
 */
export function tsv(options: Omit<CsvOptions, "delimiter">): Source {
  const { delimiter = "\t", ...rest } = parseOptions(csvOptions, options, "tsv()");
  return csvSource("tsv", { ...rest, delimiter });
}

function csvSource(kind: string, options: ResolvedCsvOptions): Source {
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, grows, ...decisive } =
    options;
  return fileSource({
    kind,
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: options.nulls.includes("") ? { untyped: true } : { untyped: true, keepEmpty: true },
    grows,
    async *read(file, context) {
      const { readCsv } = await import("./read-csv.ts");
      yield* readCsv(file, options, context);
    },
  });
}
