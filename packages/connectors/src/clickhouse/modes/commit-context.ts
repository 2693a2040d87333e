import type { Counts, EpochCut, SnapshotOutcome } from "@millrace/core";
import type { TableLayout } from "../define/layout.ts";
import type { Action } from "../state/actions.ts";
import type { EpochRecord } from "../state/epoch-record.ts";
import type { TableStage } from "../stage/table-stage.ts";
import type { WorkArea } from "../stage/work-area.ts";

/** A table in the server. */
export interface Place {
  readonly database: string;
  readonly table: string;
}

/** An open epoch of the table, with the table that holds what it saw or read in earlier commits. */
export interface OpenEpoch {
  readonly record: EpochRecord;
  /** As it is to be read now; absent: nothing came in earlier commits. */
  readonly stored?: Place;
}

/** An epoch that completes in this commit. */
export interface CompletedEpoch extends OpenEpoch {
  readonly cut: EpochCut;
}

/** Everything that preparing the commit of one table needs to know. Preparing changes nothing that anybody else can see. */
export interface CommitContext {
  readonly work: WorkArea;
  readonly pipelineId: string;
  readonly layout: TableLayout;
  /** Where the rows and the history are to be read now: a table of the attempt's own while it is being widened. */
  readonly main: Place;
  readonly history?: Place;
  /** What came; absent: nothing did. */
  readonly stage?: TableStage;
  /** Open epochs of the table, those that begin in this commit among them, by id; not those that are completed or given up. */
  readonly open: ReadonlyMap<string, OpenEpoch>;
  readonly completed: readonly CompletedEpoch[];
  /** Given up in this commit. */
  readonly discarded: readonly OpenEpoch[];
  readonly run: string;
  /** Microseconds since 1970 by the server's clock. */
  readonly nowMicros: number;
  /** `_batch` of all rows of this commit. */
  readonly batch: bigint;
  /** `_version` of the rows of this commit: higher than any the table has. */
  readonly version: bigint;
  /** The column whose greater value wins. */
  readonly versionColumn?: string | undefined;
  readonly batchBytes: number;
  /** Snapshot tables: the last scope that was taken, also where it has no rows. */
  readonly lastSnapshot?: string | undefined;
}

/** What is to be done after the commit is written down, and what it comes to. */
export interface Prepared {
  readonly actions: readonly Action[];
  readonly counts: Partial<Counts>;
  /** Epochs that have a table of their own from now on, and its columns. */
  readonly epochColumns?: ReadonlyMap<string, EpochRecord["columns"]>;
  readonly snapshot?: SnapshotOutcome;
}
