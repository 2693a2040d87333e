import type { Row } from "./row.ts";
import type { ColumnDefinition } from "./schema/table.ts";

/** What is known of encoded rows without looking at them. */
export interface EncodedShape {
  /** What both ends understand, such as `postgres-copy-binary`. */
  readonly format: string;
  /** In the order in which each row holds them; `nullable: false` where no row lacks a value. */
  readonly columns: readonly ColumnDefinition[];
  /** Columns in which no two rows of a whole reading are the same. Default: none are known. */
  readonly key?: readonly string[];
}

/**
 * Rows as one kind of database encodes them. Where the destination takes the format, and its table has these columns with
 * these types, the bytes go through as they are; everywhere else they are decoded.
 */
export interface EncodedRows extends EncodedShape {
  /** How many rows there are. */
  readonly count: number;
  /** The bytes of whole rows, without what begins and ends a transmission. */
  readonly chunks: readonly Uint8Array[];
  /** The rows as `Database.stream` would give them. */
  decode(): Row[];
  /** The last of them, without decoding the others. */
  last(): Row | undefined;
}
