import type { ColumnDefinition, Counts, RejectedInput, Row, Scope } from "@millrace/core";

/** What is asked for with one batch, or one part of a batch that is too long to land at once. */
export type Work =
  | {
      readonly kind: "rows";
      readonly rows: readonly Row[];
      /** The place of each row in the batch, from 1 on. Absent: they follow each other from `offset` on. */
      readonly places?: readonly number[];
      /** What no row could be made of. */
      readonly unreadable?: readonly RejectedInput[];
      /** Values come from text without types (CSV). Default false. */
      readonly untyped?: boolean;
      /** Types that the rows come with. Absent: they are inferred. */
      readonly columns?: readonly ColumnDefinition[];
    }
  /** Opens a reading of the stream, or of a scope of it. */
  | { readonly kind: "begin"; readonly scope?: Scope }
  /** Closes it: what was not sent since `begin` is removed. */
  | { readonly kind: "complete"; readonly scope?: Scope }
  /** Removes rows by their keys. */
  | { readonly kind: "delete"; readonly keys: readonly Scope[] };

/** A part of a batch. */
export interface BatchPart {
  /** By which the sender knows the batch, so that it lands once however often it is sent. Absent: it has none. */
  readonly id?: string;
  readonly work: Work;
  /** Rows of the batch that come before this part. Default 0. */
  readonly offset?: number;
  /** Rows of the batch in this part, also those that no row could be made of. */
  readonly count: number;
  /** No other part follows. */
  readonly last: boolean;
  /** Size of what was sent, for the limits. */
  readonly bytes: number;
  /** Tells the batch's content from others, where it is known whole. */
  readonly digest?: string;
}

/** A row that did not land. */
export interface RowRejection {
  /** Its place in the batch, from 1 on; null where nobody can tell. */
  readonly row: number | null;
  readonly code: string;
  readonly message: string;
}

/** The commit that rows landed in, together with those of other senders. */
export interface LandedCommit {
  readonly id: string;
  /** Batches, or parts of them, that it holds. */
  readonly batches: number;
  /** What it did to the table, exactly. */
  readonly counts: Partial<Counts>;
}

/** What came of a part: it is durable. */
export interface LandedPart {
  readonly accepted: number;
  readonly rejected: number;
  /** Rows of the batch that have landed by now: where to go on. */
  readonly offset: number;
  /** The first hundred. */
  readonly rejections: readonly RowRejection[];
  /** It had landed before; `accepted` and `rejected` are those of then. */
  readonly duplicate: boolean;
  /** Null for a duplicate, and for what is kept. */
  readonly commit: LandedCommit | null;
  /** It is kept durably, and has not landed: the destination is away. Absent: it has landed. */
  readonly queued?: boolean;
}

/** Rejections that an answer lists. */
export const LISTED_REJECTIONS = 100;

/** A part on its way. */
export interface Submission {
  readonly part: BatchPart;
  /** Given by the service, tells it from every other. */
  readonly token: string;
  /** Milliseconds, on the monotonic clock, after which its sender waits no longer. */
  readonly deadline: number;
  /** Lands by itself, because a group that it was in failed. */
  alone: boolean;
  settled: boolean;
  resolve(landed: LandedPart): void;
  reject(error: unknown): void;
}
