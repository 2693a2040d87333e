import type { Counts, EncodableBatch, FieldDifference, Row, SnapshotOutcome } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";

/** An epoch as the session follows it: what the destination keeps of it, brought up to date by each commit. */
export interface EpochRecord {
  readonly id: string;
  readonly stream: string;
  readonly table: string;
  readonly scope: Readonly<Record<string, string | number | boolean | null>> | undefined;
  readonly taints: Set<string>;
  /** Rows that came in it. */
  rowsSeen: number;
  /** Of them, those that the table did not have. */
  rowsInserted: number;
  /** The side table that collects its rows, in schema `millrace`. */
  sideTable: string | undefined;
}

/** An epoch that the commit completes. */
export interface CompletedEpoch {
  readonly record: EpochRecord;
  /** The scope under the table's names; undefined: the whole stream. */
  readonly where: Row | undefined;
  /** Sequence of the last batch before it completed. */
  readonly through: number | undefined;
  /** snapshot: the scope that it is the snapshot of. */
  readonly snapshot: string | undefined;
}

/** What a commit asks of one table. */
export interface TableCommit {
  readonly id: bigint;
  /** Added to by what is done. */
  readonly counts: Counts;
  readonly completed: readonly CompletedEpoch[];
  /** Ids of epochs that were given up. */
  readonly discardedIds: readonly string[];
  /** Open epochs, also those completed now, by id. */
  readonly epochs: ReadonlyMap<string, EpochRecord>;
  /** The run ends with this commit. */
  readonly final: boolean;
  /** Says why a completed epoch removes nothing. */
  withhold(reasons: readonly string[]): void;
  /** Says what snapshot was taken. */
  took(snapshot: SnapshotOutcome): void;
}

/** How one table is written in its mode. */
export interface TableWork {
  /** Whether rows that need nothing done to them may be written as they are encoded. Absent: never. */
  takesEncoded?(epochs: readonly string[]): Promise<boolean>;
  write(batch: EncodableBatch): Promise<void>;
  /** The table is about to be defined anew: sends what is on its way straight into it. */
  settle(): Promise<void>;
  /** The table was defined anew. @param mayGoOn rows may go on straight into it. */
  redefine(table: PlacedTable, mayGoOn: boolean): Promise<void>;
  /** Sends what is in memory; no transaction is needed. */
  flush(): Promise<void>;
  /** Does the commit's work in its transaction; the table has been defined. */
  apply(commit: TableCommit): Promise<void>;
  /** Tells what `apply` would do, by looking only. */
  plan(commit: TableCommit, sample: FieldDifference[]): Promise<void>;
  /** What to select the table's rows from as `finish` will leave them; undefined where that is the table itself. */
  readonly upcoming?: string | undefined;
  /** The last step of `apply`, after those of all tables and the state: what locks a table that others read. */
  finish?(): Promise<void>;
  /** Statements for the end of the transaction. */
  cleanup(): string[];
  /** The commit is durable. */
  committed(): Promise<void>;
}
