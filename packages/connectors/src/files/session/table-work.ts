import type { Counts, Cut, EncodableBatch, SnapshotOutcome, TableDefinition } from "@millrace/core";
import type { Move, Placed } from "../state/manifest.ts";

/** What a commit does to a table's files. */
export interface TableOutcome {
  readonly add: readonly Move[];
  readonly remove: readonly Placed[];
  readonly counts: Partial<Counts>;
  readonly snapshot?: SnapshotOutcome;
}

/** One table of a session. */
export interface TableWork {
  readonly definition: TableDefinition;
  /** Other options, and where `grown` says so more columns or wider ones, from the next row on. */
  redefine(definition: TableDefinition, grown: boolean): Promise<void>;
  write(batch: EncodableBatch): Promise<void>;
  /** Finishes the files of the commit and says what becomes of them. Nothing that readers see is touched. */
  prepare(cut: Cut): Promise<TableOutcome>;
  /** Waiting files by epoch that are still to be revealed. */
  pending(epoch: string): readonly string[];
  /** The commit has happened. */
  committed(): void;
  /** Frees what is open. */
  close(): Promise<void>;
}
