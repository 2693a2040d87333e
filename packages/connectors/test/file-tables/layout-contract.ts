import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, type Row } from "@millrace/core";
import { destinationContract } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { compileConversion } from "../../src/files/data/convert.ts";
import { rewriteRows } from "./tamper.ts";
import { FilesDestination } from "../../src/files/files-destination.ts";
import { FilesInspector } from "../../src/files/inspect/files-inspector.ts";
import { fileLayout } from "../../src/files/layout-options.ts";
import { filesOptions, type FilesOptions } from "../../src/files/options.ts";
import { FILE_MODES } from "../../src/files/session/evolve.ts";

const LAYOUTS = {
  "CSV files": { format: "csv" },
  "CSV files of one row, in gzip, for spreadsheets": {
    format: "csv",
    compression: "gzip",
    maxFileRows: 1,
    delimiter: ";",
    nullText: "null",
    formulas: "escape",
  },
  "JSONL files": { format: "jsonl", compression: "zstd" },
  "Parquet files": { format: "parquet" },
  "Parquet files of few rows": { format: "parquet", compression: "snappy", maxFileRows: 3, rowGroupRows: 2 },
} satisfies Readonly<Record<string, Omit<FilesOptions, "path">>>;

/** Runs the contract of destinations with a layout of files. */
export function layoutContract(name: keyof typeof LAYOUTS): void {
  const options = LAYOUTS[name];
  destinationContract({
    name,
    modes: FILE_MODES,
    describe,
    it: (title, body) => it(title, body),
    expect,
    create: async () => {
      const root = await mkdtemp(join(tmpdir(), "millrace-files-"));
      const layout = fileLayout(filesOptions.parse({ path: root, ...options }));
      return {
        destination: new FilesDestination({ root, layout }),
        rows: (table) => readRows(root, table),
        tamper: (table, key, values) => rewriteRows({ root, layout, table }, key, values),
        close: () => rm(root, { recursive: true, force: true }),
      };
    },
  });
}

async function readRows(root: string, table: string): Promise<readonly Row[]> {
  const inspector = new FilesInspector(root);
  const all: Row[] = [];
  try {
    const columns = await inspector.columns(table);
    for await (const { rows, columns: own } of inspector.read(table)) {
      all.push(...rows.map(compileConversion(own, columns)));
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === "MLR_TABLE_NOT_FOUND") return [];
    throw error;
  }
  return all;
}
