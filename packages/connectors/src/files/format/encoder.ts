import type { Row, TableDefinition } from "@millrace/core";
import type { FileLayout } from "../layout-options.ts";
import { CsvEncoder } from "./csv-encoder.ts";
import { JsonlEncoder } from "./jsonl-encoder.ts";

/** Makes the bytes of one file out of rows in storage form. */
export interface FileEncoder {
  /** Takes rows and gives what can be written by now. */
  rows(rows: readonly Row[]): readonly Uint8Array[];
  /** What is still to be written; nothing comes after it. */
  finish(): readonly Uint8Array[];
}

/** The encoder of a file with these columns. */
export async function openEncoder(
  layout: FileLayout,
  columns: TableDefinition["columns"],
): Promise<FileEncoder> {
  switch (layout.format) {
    case "csv":
      return new CsvEncoder(layout, columns);
    case "jsonl":
      return new JsonlEncoder(columns);
    case "parquet": {
      // Loaded when it is needed: most folders hold another format.
      const { ParquetEncoder } = await import("./parquet-encoder.ts");
      return new ParquetEncoder(layout, columns);
    }
  }
}
