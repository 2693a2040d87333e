import type { Row } from "./row.ts";
import type { ColumnDefinition } from "./schema/table.ts";

/**
 * Rows as one kind of database encodes them. Where the destination takes the format, and its table has these columns with
 * these types, the bytes go through as they are; everywhere else they are decoded.
 */
export interface EncodedRows {
  /** What both ends understand, such as `postgres-copy-binary`. */
  readonly format: string;
  /** In the order in which each row holds them, under the source's names. */
  readonly columns: readonly ColumnDefinition[];
  /** How many rows there are. */
  readonly count: number;
  /** The bytes of whole rows, without what begins and ends a transmission. */
  readonly chunks: readonly Uint8Array[];
  /** The rows in storage form, under the source's names. */
  decode(): Row[];
  /** The last of them, without decoding the others. */
  last(): Row | undefined;
}
