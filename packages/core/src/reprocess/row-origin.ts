import { canonicalJson } from "../hash/canonical-json.ts";
import { parseJsonExact } from "../hash/json-exact.ts";
import type { Row } from "../row.ts";
import { readRow, writeRow } from "./plain-row.ts";

/** Where a refused row came from, so that it can be sent through its pipeline again. */
export interface RowOrigin {
  readonly pipeline: string;
  /** The source's stream, with what the source had said of it. */
  readonly stream: string;
  readonly key?: readonly string[] | undefined;
  readonly parent?: { readonly stream: string; readonly columns: readonly string[] } | undefined;
  /** How its text was to be understood, see `Message`. */
  readonly untyped?: boolean | undefined;
  readonly keepEmpty?: boolean | undefined;
  /** Transforms had made several rows of it, of which others may have landed. */
  readonly shared?: boolean | undefined;
  /** The row as the source sent it. */
  readonly row: Row;
}

interface Written extends Omit<RowOrigin, "row"> {
  /** Text of the row; absent where the quarantine's column `row` is the same. */
  readonly row?: string;
}

/**
 * Column `origin` of a quarantine.
 * @param shown text of column `row`
 * @returns undefined where the row cannot come back from text
 */
export function writeOrigin({ row, ...others }: RowOrigin, shown: string): string | undefined {
  const text = writeRow(row);
  if (text === undefined) return undefined;
  const written: Written = { ...others, ...(text === shown ? {} : { row: text }) };
  return canonicalJson(
    Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)),
  );
}

/** What `writeOrigin` wrote. */
export function readOrigin(text: string, shown: string): RowOrigin {
  const { row = shown, ...others } = parseJsonExact(text) as Written;
  return { ...others, row: readRow(row) as Row };
}
