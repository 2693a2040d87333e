import type { LaterHashes } from "../hash/pending-hashes.ts";
import type { ErrorCode } from "../error-codes.ts";
import type { Row } from "../row.ts";

/** What is known of the values of a batch. */
export interface ShapeHints {
  /** The source knows only text (CSV): strings may mean numbers and booleans, and the empty string is null. Default false. */
  readonly untyped?: boolean;
  /** With `untyped`: the empty string is a text of its own. Default false. */
  readonly keepEmpty?: boolean;
}

/** A row that the table cannot take. */
export interface RejectedRow {
  /** Place in the input. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Rows in storage form under the table's names. */
export interface ShapedBatch {
  readonly rows: Row[];
  /** merge only: the row hash of each row; where another thread computes them, they come later. */
  readonly hashes?: readonly string[] | LaterHashes;
  /** Place in the input of each row; absent where none was rejected. */
  readonly kept?: number[];
  readonly rejected: RejectedRow[];
  /** The table's definition grew: tell the destination before writing. */
  readonly changed: boolean;
}
