import type { EncodedRows } from "./encoded-rows.ts";
import type { Json } from "./json.ts";
import type { LeavingRows } from "./reprocess/refused-rows.ts";
import type { Row } from "./row.ts";
import type { ColumnDefinition } from "./schema/table.ts";

/** A declared part of a stream: column → value. Its rows are those with these values, and removals stay within it. */
export type Scope = Readonly<Record<string, string | number | boolean | null>>;

/** What a source says of a stream. Columns are under the source's own names. */
export interface StreamDefinition {
  readonly name: string;
  /** Columns that identify a row, under the source's names. */
  readonly key?: readonly string[];
  /** Declared columns; those not named are inferred. */
  readonly columns?: readonly ColumnDefinition[];
  /** For a stream of nested rows: the parent's stream and the columns that hold the parent's key. */
  readonly parent?: { readonly stream: string; readonly columns: readonly string[] };
}

/** Where rows came from, for errors and the quarantine: of the first row of a batch, and of each where `lines` is given. */
export interface Position {
  readonly file?: string;
  /** 1-based line, record or row number of the first row; the rows that follow count up from it unless `lines` is given. */
  readonly line?: number;
  /** 1-based line of each row. */
  readonly lines?: ArrayLike<number>;
}

/** A line or record that a source could not make a row of. */
export interface RejectedInput {
  /** 1-based line or record number in the message's file. */
  readonly line?: number;
  /** The text as it was read, perhaps cut short. */
  readonly raw: string;
  /** A code of `ERROR_CODES`, most often MLR_ROW_MALFORMED. */
  readonly code: string;
  readonly message: string;
}

/** What a source emits. See docs/architecture.md, "Messages". */
export type Message<R extends Row = Row> =
  /** Declares or changes a stream, also in the middle of a run. */
  | { readonly type: "schema"; readonly stream: StreamDefinition }
  /** Opens an epoch: one reading of a whole stream or scope. Sent again, it discards what was seen. */
  | { readonly type: "begin"; readonly stream: string; readonly scope?: Scope }
  /** Rows of one stream; `slice` names what has an order of its own (a partition, a page chain, a socket). */
  | {
      readonly type: "rows";
      readonly stream: string;
      readonly slice: string;
      readonly rows: readonly R[];
      readonly position?: Position;
      /** What the source could not make rows of: goes to the quarantine, counts as rejected and taints the epoch. */
      readonly rejected?: readonly RejectedInput[];
      /** Values come from text without types (CSV): numbers, booleans and dates are inferred from strings. Default false. */
      readonly untyped?: boolean;
      /** With `untyped`: the empty string is a text of its own instead of null. Default false. */
      readonly keepEmpty?: boolean;
      /** The engine's own: these rows are read from a quarantine, which they leave with the commit that they land in. */
      readonly leaving?: LeavingRows;
    }
  /** Rows as a database encodes them, see `ReadContext.encodings`; otherwise the same as `rows`. */
  | {
      readonly type: "encoded";
      readonly stream: string;
      readonly slice: string;
      readonly encoded: EncodedRows;
    }
  /** Covers the earlier messages of its slice: after a crash the source is given `state` and continues behind them. */
  | { readonly type: "checkpoint"; readonly slice: string; readonly state: Json }
  /** Closes the epoch: what was not seen in it may be removed, unless `taints` says why it was not all there is. */
  | {
      readonly type: "complete";
      readonly stream: string;
      readonly scope?: Scope;
      readonly taints?: readonly string[];
    }
  /** Rows known to be unchanged without reading them (a file whose hash is the same): counted as read and unchanged. Opens no epoch. */
  | { readonly type: "unchanged"; readonly stream: string; readonly rows: number }
  /** How far the source is, for progress alone. */
  | {
      readonly type: "progress";
      readonly bytes?: number;
      readonly totalBytes?: number;
      readonly totalRows?: number;
      /** Milliseconds that the source had to wait for a limit of rate so far, with what it is about to wait. */
      readonly throttledMs?: number;
    };

/** One reading of a whole stream or scope. */
export interface Epoch {
  /** Unique within the pipeline; allotted when it begins. */
  readonly id: string;
  readonly stream: string;
  readonly scope?: Scope;
  /** Why nothing may be removed when it completes; empty while untainted. */
  readonly taints: readonly string[];
}

/** What became durable for one slice, told to the source after the commit. */
export interface Receipt {
  readonly slice: string;
  readonly state: Json;
  readonly accepted: number;
  readonly rejected: readonly Rejection[];
}

/** A row that was not stored in its table, and why. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly position?: { readonly file?: string; readonly line?: number };
}
