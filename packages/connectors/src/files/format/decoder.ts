import type { Row, TableDefinition } from "@millrace/core";
import type { FileLayout } from "../layout-options.ts";

/** What has to be known of a file to read it as it was written. */
export type WrittenAs = Pick<
  FileLayout,
  "format" | "compression" | "delimiter" | "nullText" | "escapeFormulas"
>;

/**
 * Reads a file that was written here: rows in storage form, some thousands at a time, nulls left out.
 * Fails with MLR_SOURCE_FORMAT where the content is not what was written, that is where somebody changed it.
 */
export async function* decodeFile(
  path: string,
  as: WrittenAs,
  columns: TableDefinition["columns"],
): AsyncGenerator<Row[], void, void> {
  switch (as.format) {
    case "csv": {
      const { decodeCsv } = await import("./csv-decoder.ts");
      return yield* decodeCsv(path, as, columns);
    }
    case "jsonl": {
      const { decodeJsonl } = await import("./jsonl-decoder.ts");
      return yield* decodeJsonl(path, as, columns);
    }
    case "parquet": {
      const { decodeParquet } = await import("./parquet-decoder.ts");
      return yield* decodeParquet(path, columns);
    }
  }
}
