import { parseOptions, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { parquetOptions, type ParquetOptions } from "./options.ts";

export type { ParquetOptions } from "./options.ts";
export { parquetBody, type ParquetRows } from "./parquet-body.ts";
export type { ParquetLimits } from "./read-parquet.ts";

/**
 * Rows of Parquet files, with the types that the files declare: decimals and 64-bit integers exact, times to the
 * microsecond, nested columns as JSON. A row group, at most half a million rows of it, is in memory at a time.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example parquet({ path: "data/flights.parquet" })
 */
export function parquet(options: ParquetOptions): Source {
  const resolved = parseOptions(parquetOptions, options, "parquet()");
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, ...decisive } = resolved;
  return fileSource({
    kind: "parquet",
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: {},
    grows: false,
    async *read(file, context) {
      const { readParquet } = await import("./read-parquet.ts");
      yield* readParquet(file, resolved, context);
    },
  });
}
