import { isDeepStrictEqual } from "node:util";
import type { ColumnDefinition, Row } from "@millrace/core";
import { decodeFile } from "../format/decoder.ts";
import { compileConversion } from "./convert.ts";
import type { FileMeta } from "./file-meta.ts";
import type { FileSet, OnRow } from "./file-set.ts";

/** Whether a file has exactly these columns. */
export function hasColumns({ columns }: FileMeta, wanted: readonly ColumnDefinition[]): boolean {
  const shape = (each: readonly ColumnDefinition[]): unknown => each.map(({ name, type }) => [name, type]);
  return isDeepStrictEqual(shape(columns), shape(wanted));
}

/** Which rows are written again, and who is told where they go. Default: all of them, nobody. */
export interface RewriteOptions {
  readonly keep?: (row: Row, ordinal: number) => boolean;
  readonly onRow?: OnRow;
}

/** Writes the rows of a file into a set of files, with the columns of that. Gives the number of rows that were left out. */
export async function rewrite(
  source: { readonly path: string; readonly meta: FileMeta },
  target: FileSet,
  { keep, onRow }: RewriteOptions = {},
): Promise<number> {
  const { path, meta } = source;
  const convert = compileConversion(meta.columns, target.columns);
  let ordinal = 0;
  let dropped = 0;
  for await (const rows of decodeFile(path, meta.as, meta.columns)) {
    const kept = keep === undefined ? rows : rows.filter((row) => keep(row, ordinal++));
    dropped += rows.length - kept.length;
    await target.write(kept.map(convert), onRow);
  }
  return dropped;
}
