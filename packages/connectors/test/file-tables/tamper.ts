import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Row } from "@millrace/core";
import { liveFiles } from "../../src/files/data/live-files.ts";
import { decodeFile } from "../../src/files/format/decoder.ts";
import { openEncoder } from "../../src/files/format/encoder.ts";
import type { FileLayout } from "../../src/files/layout-options.ts";
import { pipelineHome } from "../../src/files/state/paths.ts";

/** Changes values of the rows with a key in the files of pipeline `pipeline`, as another program would. */
export async function rewriteRows(
  { root, layout, table }: { readonly root: string; readonly layout: FileLayout; readonly table: string },
  key: Row,
  values: Row,
): Promise<void> {
  for (const { path, file } of await liveFiles(root, pipelineHome(root, "pipeline"), { name: table })) {
    const full = join(root, ...path.split("/"));
    const rows: Row[] = [];
    for await (const part of decodeFile(full, file.as, file.columns)) rows.push(...part);
    const changed = rows.map((row) =>
      Object.entries(key).every(([column, value]) => row[column] === value) ? { ...row, ...values } : row,
    );
    const encoder = await openEncoder(layout, file.columns);
    const bytes = Buffer.concat([...encoder.rows(changed), ...encoder.finish()]);
    await writeFile(full, layout.format === "parquet" ? bytes : compressed(layout, bytes));
  }
}

function compressed({ compression }: FileLayout, bytes: Buffer): Buffer {
  if (compression === "gzip") return gzipSync(bytes);
  return compression === "zstd" ? zstdCompressSync(bytes) : bytes;
}
