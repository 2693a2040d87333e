import { isDeepStrictEqual } from "node:util";
import type { ColumnDefinition, Row } from "@millrace/core";
import { decodeFile } from "../format/decoder.ts";
import { compileConversion } from "./convert.ts";
import type { FileMeta } from "./file-meta.ts";
import type { FileSet } from "./file-set.ts";

/** Whether a file has exactly these columns. */
export function hasColumns({ columns }: FileMeta, wanted: readonly ColumnDefinition[]): boolean {
  const shape = (each: readonly ColumnDefinition[]): unknown => each.map(({ name, type }) => [name, type]);
  return isDeepStrictEqual(shape(columns), shape(wanted));
}

/**
 * Writes the rows of a file that are to be kept into a set of files, with the columns of that.
 * Gives the number of rows that were left out.
 */
export async function rewrite(
  source: { readonly path: string; readonly meta: FileMeta },
  target: FileSet,
  keep: (row: Row, ordinal: number) => boolean,
): Promise<number> {
  const { path, meta } = source;
  const convert = compileConversion(meta.columns, target.columns);
  let ordinal = 0;
  let dropped = 0;
  for await (const rows of decodeFile(path, meta.as, meta.columns)) {
    const kept = rows.filter((row) => keep(row, ordinal++));
    dropped += rows.length - kept.length;
    await target.write(kept.map(convert));
  }
  return dropped;
}
