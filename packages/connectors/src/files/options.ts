import { z } from "zod";

const MEBIBYTE = 1024 * 1024;

/** Options of `files()`. */
export const filesOptions = z.strictObject({
  /** The folder that the tables' folders are made in; a relative path starts at the project's folder. Created where it does not exist. */
  path: z.string().min(1),
  /** What the files are: `csv`, `jsonl` (a JSON object per line) or `parquet`. A table keeps its format. */
  format: z.enum(["csv", "jsonl", "parquet"]),
  /** How files are compressed. csv and jsonl: `none`, `gzip` (`.csv.gz`) or `zstd` (`.csv.zst`), default `none`. parquet: `none`, `snappy` or `zstd` inside of the file, default `zstd`. */
  compression: z.enum(["none", "gzip", "snappy", "zstd"]).optional(),
  /** Columns by whose values rows are put into folders such as `day=2026-11-21/`; the files hold the columns as well. Default: no folders. */
  partitionBy: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .default([]),
  /** A file that has grown to about so many bytes is closed and another one begun. Default 256 MiB. */
  maxFileBytes: z
    .number()
    .int()
    .min(1024)
    .default(256 * MEBIBYTE),
  /** Most rows of a file. Default: no limit. */
  maxFileRows: z.number().int().positive().optional(),
  /** parquet: most rows of a row group, which is held in memory while it is written; it is closed before that when it has grown to 16 MiB. Default 65,536. */
  rowGroupRows: z.number().int().positive().optional(),
  /** csv: what stands between two fields. Default `,`. */
  delimiter: z
    .string()
    .length(1, "must be one character")
    .refine((text) => !['"', "\n", "\r"].includes(text), "cannot be a quote or a line break")
    .optional(),
  /** csv: what stands for null, unquoted; a text that is the same is quoted. Default: nothing, so that null is an empty field and the empty text `""`. */
  nullText: z
    .string()
    .refine((text) => !/["\r\n]/.test(text), "cannot hold quotes or line breaks")
    .optional(),
  /** csv: what becomes of texts that a spreadsheet would run as a formula, such as `=1+1`. `keep` writes them as they are, `escape` puts `'` before them. Default `keep`: other programs than spreadsheets would read another text. */
  formulas: z.enum(["keep", "escape"]).optional(),
});

/** Options of `files()`, as users write them. */
export type FilesOptions = z.input<typeof filesOptions>;
/** Options of `files()`, with the defaults filled in. */
export type ResolvedFilesOptions = z.output<typeof filesOptions>;
