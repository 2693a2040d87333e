import { MillraceError } from "@millrace/core";
import type { ResolvedFilesOptions } from "./options.ts";

/** How files are compressed. */
export type Compression = NonNullable<ResolvedFilesOptions["compression"]>;

/** What the files of a folder look like: the options with the defaults of their format. */
export interface FileLayout {
  readonly format: ResolvedFilesOptions["format"];
  readonly compression: Compression;
  /** What file names end in, such as `.csv.gz`. */
  readonly extension: string;
  readonly partitionBy: readonly string[];
  readonly maxFileBytes: number;
  readonly maxFileRows: number;
  readonly rowGroupRows: number;
  readonly delimiter: string;
  readonly nullText: string;
  readonly escapeFormulas: boolean;
}

const ROW_GROUP_ROWS = 65_536;
const CSV_ONLY = ["delimiter", "nullText", "formulas"] as const;
const COMPRESSIONS: Readonly<Record<FileLayout["format"], readonly Compression[]>> = {
  csv: ["none", "gzip", "zstd"],
  jsonl: ["none", "gzip", "zstd"],
  parquet: ["none", "snappy", "zstd"],
};
const SUFFIX: Readonly<Record<Compression, string>> = { none: "", gzip: ".gz", zstd: ".zst", snappy: "" };

/** Fills in what depends on the format. Fails with MLR_ARGUMENT_INVALID for options that the format does not have. */
export function fileLayout(options: ResolvedFilesOptions): FileLayout {
  const { format, partitionBy, maxFileBytes, maxFileRows = Infinity } = options;
  const foreign = format === "csv" ? undefined : CSV_ONLY.find((option) => options[option] !== undefined);
  if (foreign !== undefined) throw wrongOption(foreign, format, "csv");
  if (format !== "parquet" && options.rowGroupRows !== undefined)
    throw wrongOption("rowGroupRows", format, "parquet");
  const compression = options.compression ?? (format === "parquet" ? "zstd" : "none");
  if (!COMPRESSIONS[format].includes(compression)) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `files(): option "compression": ${format} files cannot be compressed with ${compression}`,
      { hint: `Choose one of: ${COMPRESSIONS[format].join(", ")}.`, details: { option: "compression" } },
    );
  }
  const { delimiter = ",", nullText = "" } = options;
  if (nullText.includes(delimiter)) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `files(): option "nullText": ${JSON.stringify(nullText)} holds the delimiter`,
    );
  }
  return {
    format,
    compression,
    extension: `.${format}${format === "parquet" ? "" : SUFFIX[compression]}`,
    partitionBy,
    maxFileBytes,
    maxFileRows,
    rowGroupRows: options.rowGroupRows ?? ROW_GROUP_ROWS,
    delimiter,
    nullText,
    escapeFormulas: options.formulas === "escape",
  };
}

function wrongOption(option: string, format: string, of: string): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `files(): option "${option}" is for ${of} files, and these are ${format}`,
    { hint: "Leave the option out.", details: { option } },
  );
}
