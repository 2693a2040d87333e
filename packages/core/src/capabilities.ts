import type { ScalarKind } from "./schema/column-type.ts";
import type { WriteMode } from "./schema/table.ts";
import type { TableChecks } from "./quality/table-question.ts";

/** What a destination can do, as data: the engine asks this, never the destination's name. */
export interface Capabilities {
  /** Rows, checkpoints and counts commit in one transaction. */
  readonly transactions: boolean;
  readonly modes: readonly WriteMode[];
  /** Types it stores without loss; others are stored as text or json. */
  readonly types: readonly ScalarKind[];
  readonly arrays: boolean;
  readonly identifiers: {
    /** Longest identifier in UTF-8 bytes. */
    readonly maxBytes: number;
    /** Names that no column of a table may have, such as those of system columns. Default: none. */
    readonly reserved?: readonly string[];
  };
  /** Formats of encoded rows that may be written as they are, see `Session.takesEncoded`. Default: none. */
  readonly encodings?: readonly string[];
  /** What quality rules may ask of tables, see `Cut.verify`. Default: nothing. */
  readonly checks?: TableChecks;
  /** `open` accepts `tablesOf`: several sessions of one pipeline write at the same time, each a partition. Default false. */
  readonly partitions?: boolean;
  /**
   * Refused rows can go through their pipeline again: the inspector has `refused`, `commit` takes `Cut.leaving`, and
   * `partitions` is true. Default false.
   */
  readonly reprocess?: boolean;
  /** `open` accepts `dryRun`. */
  readonly dryRun: boolean;
}
