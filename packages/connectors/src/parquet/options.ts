import { z } from "zod";
import { fileOptions } from "../shared/files/file-options.ts";

/** Options of `parquet()`. */
export const parquetOptions = z.strictObject({
  ...fileOptions,
  /** Top-level columns to read; the others are not even fetched from the file. Default: all. */
  columns: z.array(z.string().min(1)).min(1).optional(),
  /** Byte arrays that the file does not call text are text, as some old writers left that out. Default false. */
  binaryAsText: z.boolean().default(false),
});

/** Options of `parquet()`, as users write them. */
export type ParquetOptions = z.input<typeof parquetOptions>;
/** Options of `parquet()`, with the defaults filled in. */
export type ResolvedParquetOptions = z.output<typeof parquetOptions>;
