import type { DatabaseAccess } from "./database/database-access.ts";
import type { Row } from "./row.ts";
import type { ColumnDefinition } from "./schema/table.ts";
import type { SecretAccess } from "./secret.ts";

/** Rows of one stream on their way from the source to a table. */
export interface Batch<R extends Row = Row> {
  readonly stream: string;
  readonly rows: readonly R[];
  /** For each row, its index in the source's message, so that errors can name file and line, -1 where it is unknown; absent: the same order, none dropped. */
  readonly at?: ArrayLike<number>;
  /** Types that a transform has settled, under the names that the rows carry. They count as declared. */
  readonly columns?: readonly ColumnDefinition[];
  /** Streams that a transform makes: the columns that identify a row, unless the table's options name others. */
  readonly key?: readonly string[];
  /**
   * Child streams: the parent rows this batch carries the children of, as values of the stream's `parent.columns`.
   * Children of these parents that are not in the batch are removed, also where a parent has none left.
   */
  readonly parents?: {
    readonly stream: string;
    readonly columns: readonly string[];
    readonly keys: readonly Row[];
  };
}

/** Why a row was rejected. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** What a transform is given besides the batch. */
export interface TransformContext<In extends Row = Row> extends DatabaseAccess, SecretAccess {
  /** Sends a row to the quarantine instead of its table. */
  reject(row: In, reason: Reason): void;
  readonly signal: AbortSignal;
  /** In `flush`: the reading that begins or completes, and is why what is held has to come out. Absent: a commit, or the end of the source. */
  readonly reading?: { readonly stream: string; readonly event: "begins" | "completes" };
}

/** A step between source and destination. Verbs: `pick`, `rename`, `filter`, … */
export interface Transform<In extends Row = Row, Out extends Row = Row> {
  /** A word for people, such as `filter`. */
  readonly kind?: string;
  /**
   * How long rows may stay inside: `nothing` (all are out when `apply` returns), `commit` (until `flush` before the
   * next commit), `epoch` (until the epoch completes: nothing of its streams commits before).
   */
  readonly holds: "nothing" | "commit" | "epoch";
  /**
   * True where child streams come out. Such a transform is also asked with an empty batch, to tell of the streams that no
   * row led to: their tables hold rows that may have to be removed. Default false.
   */
  readonly makesStreams?: boolean;
  /** How many batches may be inside `apply` at once; above 1 the calls may finish in any order. Default 1. */
  readonly concurrency?: number;
  /** Several batches may come out of one, also of other streams; order is kept. */
  apply(
    batch: Batch<In>,
    context: TransformContext<In>,
  ): Batch<Out> | readonly Batch<Out>[] | Promise<Batch<Out> | readonly Batch<Out>[]>;
  /** Gives back what is held. Required unless `holds` is `nothing`. */
  flush?(context: TransformContext<In>): readonly Batch<Out>[] | Promise<readonly Batch<Out>[]>;
  /** Frees what the transform opened (worker threads, connections). Idempotent. */
  close?(): Promise<void>;
}
