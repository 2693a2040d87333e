import type { Counts, EncodableBatch, FieldDifference, SnapshotOutcome } from "@millrace/core";
import type { TableLayout } from "../define/table-layout.ts";
import type { CompletedEpoch, EpochRecord } from "./epoch-book.ts";

/** What a commit asks of one table. */
export interface TableCommit {
  /** The commit's time, in storage form. */
  readonly at: number | bigint;
  /** Added to by what is done. */
  readonly counts: Counts;
  readonly completed: readonly CompletedEpoch[];
  /** Stored epochs that are given up. */
  readonly discarded: readonly EpochRecord[];
  /** All epochs of the table that are not given up, also those completed now, by id. */
  readonly epochs: ReadonlyMap<string, EpochRecord>;
  /** Those that stay open. */
  readonly open: readonly EpochRecord[];
  /** Dry run: differences to list. */
  readonly sample: FieldDifference[];
  /** Says why a completed epoch removes nothing. */
  withhold(reasons: readonly string[]): void;
  /** Says what taking a snapshot came to. */
  tellSnapshot(outcome: SnapshotOutcome): void;
}

/** How one table is written in its mode. */
export interface TableWork {
  write(batch: EncodableBatch): Promise<void>;
  /** The table was defined anew. */
  redefine(layout: TableLayout): Promise<void>;
  /** Sends what is in memory; no transaction is needed. */
  flush(): Promise<void>;
  /** Creates and changes tables of Millrace's own that the commit needs; not called in dry runs. */
  prepare?(commit: TableCommit): Promise<void>;
  /** Does the commit's work in its transaction; the table has been defined. In a dry run it only looks. */
  apply(commit: TableCommit): Promise<void>;
  /** The commit is durable, or the dry run done. */
  committed(): Promise<void>;
}
