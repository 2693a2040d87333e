import type { RowChange, RunPair } from "./audit/row-change.ts";
import type { BrowsedPage, BrowseQuery, TableSize } from "./browse.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Counts } from "./counts.ts";
import type { EncodedRows, EncodedShape } from "./encoded-rows.ts";
import type { Json } from "./json.ts";
import type { Epoch } from "./message.ts";
import type { AskTable } from "./quality/table-question.ts";
import type { LeavingRows, RefusedPage, RefusedQuery } from "./reprocess/refused-rows.ts";
import type { Row } from "./row.ts";
import type { SchemaChange, TableDefinition } from "./schema/table.ts";

/** Who writes: the pipeline, and the attempt that is its fence. */
export interface Owner {
  readonly pipeline: string;
  /**
   * The pipeline whose tables are written, where `pipeline` names the state of one of its partitions, such as
   * `prices@2026-01-01`: that has a fence, checkpoints and commits of its own. Default: `pipeline` itself.
   */
  readonly tablesOf?: string;
  /** Higher than that of any earlier attempt of the pipeline. */
  readonly attempt: bigint;
  /** The run (UUID) that the attempt is made for. Where the recovered state holds an unfinished run, that one goes on instead, see `Recovered.run`. */
  readonly run: string;
}

/** How a session is opened. */
export interface OpenOptions {
  /** Nothing may be written or locked for longer than it takes to look; `commit` tells what it would have done. */
  readonly dryRun?: boolean;
  /** Forget the checkpoints and open epochs (`--full`): they come back empty, and are deleted by the first commit. */
  readonly full?: boolean;
  /** Aborts waiting. */
  readonly signal?: AbortSignal;
}

/** What an earlier attempt left, as the destination knows it: the only valid state. */
export interface Recovered {
  readonly checkpoints: ReadonlyMap<string, Json>;
  readonly openEpochs: readonly Epoch[];
  /** Id of the last commit that landed; 0 where there is none. */
  readonly lastCommit: bigint;
  /** The run that the last commit belongs to, what it counted so far, and whether it finished. */
  readonly run?: {
    readonly id: string;
    readonly finished: boolean;
    readonly counts: Readonly<Record<string, Counts>>;
  };
}

/**
 * Rows in storage form (see `schema/storage.ts`), under the destination's column names, ready to be encoded.
 * The arrays belong to the destination from the call of `write` on.
 */
export interface EncodableBatch {
  readonly slice: string;
  /** Rises by one per batch of a run. */
  readonly sequence: number;
  readonly rows: readonly Row[];
  /** Instead of `rows`, which is empty then: rows under the destination's column names that `takesEncoded` agreed to. */
  readonly encoded?: EncodedRows;
  /** merge only: the row hash of each row, 32 bytes as a latin1 string. */
  readonly hashes?: readonly string[];
  /** Ids of the open epochs (of the table's stream) in which these rows count as seen. */
  readonly epochs: readonly string[];
  /**
   * merge only: keys, in storage form, of rows that were rejected. What the table holds under them counts as seen in
   * `epochs`, and as having come with its parent, so that a bad value never removes the good row it would have replaced.
   */
  readonly keptKeys?: readonly Row[];
  /** Child tables: the parents whose children are all in this batch; rows hold the `parentKey` columns in storage form. */
  readonly parents?: readonly Row[];
}

/** An epoch that the commit opens or closes, with the table it belongs to. */
export interface EpochCut extends Epoch {
  readonly table: string;
  /** The scope under the destination's names, in storage form. */
  readonly where?: Row;
  /**
   * In `completed`: the sequence of the last batch before the epoch completed. Rows that came after it in the same commit
   * are newer than what the epoch saw, so it must not remove them. Absent: nothing came after it.
   */
  readonly through?: number;
  /** In `completed`, of snapshot tables: the scope that this reading is the snapshot of, see `SnapshotDefinition`. */
  readonly snapshot?: string;
}

/** What taking a snapshot came to. */
export interface SnapshotOutcome {
  /** Its scope: `2026-11-22`, or for hourly ones `2026-11-22T04:00:00Z`. */
  readonly scope: string;
  /** Boundaries before it at which none was taken, oldest first; see `planSnapshot`. */
  readonly missed: readonly string[];
  /** Scopes whose rows were deleted because the table's retention says so; they count as removed. */
  readonly expired: readonly string[];
}

/** What becomes durable together. */
export interface Cut {
  /** `lastCommit + 1`. Committing the same id twice is refused or a no-op, never doubled. */
  readonly id: bigint;
  /** The checkpoints that changed since the last commit. */
  readonly checkpoints: ReadonlyMap<string, Json>;
  /** Epochs that began since the last commit and are still open, or are in `completed` as well. */
  readonly begun: readonly EpochCut[];
  readonly completed: readonly EpochCut[];
  /** Taints that open epochs have gathered: epoch id → reasons. */
  readonly taints: ReadonlyMap<string, readonly string[]>;
  /** Epochs that were started over or given up: forget what was seen in them. */
  readonly discarded: readonly string[];
  /** What the engine counted since the last commit, by table: read, rejected, declared unchanged. */
  readonly counts: Readonly<Record<string, Partial<Counts>>>;
  /** Rows that leave a quarantine with this commit; only where the capabilities have `reprocess`. Absent: none. */
  readonly leaving?: readonly LeavingRows[];
  /** The run ends with this commit. */
  readonly final: boolean;
  /**
   * Called once, by destinations whose capabilities have `checks` and not in a dry run, when everything of the commit is
   * done. `before-commit`: in its transaction, as the last thing before it is made final, so that questions see the tables
   * as they will be; where it throws, nothing of the commit lands and `commit` fails with that error. `after-commit`: when
   * the commit has landed, whatever it throws.
   */
  readonly verify?: ((ask: AskTable) => Promise<void>) | undefined;
}

/** One field of one row that a merge changed or, in a dry run, would change. */
export interface FieldDifference {
  readonly table: string;
  readonly key: Row;
  readonly operation: "insert" | "update" | "remove" | "restore";
  /** Column → value before and after; values as the destination's text. */
  readonly fields: Readonly<Record<string, { readonly before: Json; readonly after: Json }>>;
}

/** What a commit did. */
export interface CommitResult {
  readonly id: bigint;
  /** What this commit did, by table, including what the cut's own counts said. */
  readonly tables: Readonly<Record<string, Counts>>;
  /** Totals of the run so far, by table. */
  readonly totals: Readonly<Record<string, Counts>>;
  /** Removals that were not made because the epoch was tainted: table → reasons. */
  readonly withheld: Readonly<Record<string, readonly string[]>>;
  /** Snapshots that were taken, by table. Absent: none. */
  readonly snapshots?: Readonly<Record<string, SnapshotOutcome>>;
  /** Dry run only. */
  readonly sample?: readonly FieldDifference[];
}

/** Where rows land. It holds the truth about checkpoints, seen keys, counts and commit ids. */
export interface Destination {
  /** A word for people, such as `postgres`. */
  readonly kind: string;
  /** Where it is, without secrets, for messages. */
  readonly location: string;
  readonly capabilities: Capabilities;
  /** Raises the fence and recovers. Fails with MLR_FENCED where a later attempt exists (`details.attempt` tells which). */
  open(owner: Owner, options?: OpenOptions): Promise<Session>;
  /** Reading back what was stored; absent where the destination cannot. */
  inspect?(): Promise<Inspector>;
  /** Frees pools. Idempotent. */
  close(): Promise<void>;
}

/** One attempt's exclusive way of writing. */
export interface Session {
  readonly recovered: Recovered;
  /** Creates or widens the table, at the latest inside the next commit. Returns what changes; empty where it fits already. */
  define(table: TableDefinition): Promise<readonly SchemaChange[]>;
  /** The table as it is stored, so that inference starts from it; undefined where it does not exist. */
  existing(table: {
    readonly name: string;
    readonly namespace?: string;
  }): Promise<TableDefinition | undefined>;
  /**
   * Whether rows of this shape (under the destination's names, with the table's columns and types) may be written as they
   * are. Absent: never.
   */
  takesEncoded?(table: string, shape: EncodedShape, epochs: readonly string[]): Promise<boolean>;
  /** Resolves when the next batch is wanted. */
  write(table: string, batch: EncodableBatch): Promise<void>;
  /** All or nothing, idempotent by id. After MLR_COMMIT_UNKNOWN reopen and compare `lastCommit`. */
  commit(cut: Cut): Promise<CommitResult>;
  /** Uncommitted work is gone. Idempotent. */
  close(): Promise<void>;
}

/** A version of a row. */
export interface RowVersion {
  readonly operation: "current" | "update" | "remove";
  /** Names of the fields in which the version that followed differs; empty for the current one. */
  readonly changed: readonly string[];
  readonly run: string | null;
  /** When this version began to be the current one (ISO 8601), and when it ended. */
  readonly from: string | null;
  readonly to: string | null;
  readonly values: Readonly<Record<string, Json>>;
}

/** Outcome of reading a table back and hashing every row again. */
export interface VerifyResult {
  readonly table: string;
  readonly rows: number;
  readonly equal: number;
  /** Rows whose stored hash is not the hash of their values: somebody else changed them. At most 100 keys are listed. */
  readonly different: number;
  readonly examples: readonly { readonly key: Json; readonly fields: readonly string[] | null }[];
}

/** Stored state of one pipeline. */
export interface PipelineState {
  readonly pipeline: string;
  readonly attempt: bigint;
  readonly lastCommit: bigint;
  readonly run: string | null;
  readonly finished: boolean;
  readonly checkpoints: ReadonlyMap<string, Json>;
  readonly openEpochs: readonly Epoch[];
}

/** Reads what a destination holds. */
export interface Inspector {
  /** Tables that Millrace writes, with their owners. */
  tables(): Promise<readonly { readonly table: string; readonly pipeline: string; readonly mode: string }[]>;
  /** Sizes of the tables, by the names that `tables` gives, where that costs little. Absent: nobody knows. */
  sizes?(): Promise<ReadonlyMap<string, TableSize>>;
  /** Every version of the row with this key, newest first; `key` under the table's column names. */
  history(table: string, key: Readonly<Record<string, string>>): Promise<readonly RowVersion[]>;
  /**
   * What changed in all rows of a table that is merged into, from the end of one run to the end of another, by key. Rows
   * that were removed without a history are not told of. Fails with MLR_RUN_NOT_FOUND for a run that left no trace in the
   * table and whose end is not known. Absent: the destination cannot tell.
   */
  changes?(table: string, between: RunPair): AsyncIterable<RowChange>;
  /**
   * A page of the rows of a table. Fails with MLR_TABLE_NOT_FOUND, and with MLR_ARGUMENT_INVALID for columns, values and
   * cursors that do not fit the table, for rows that it does not keep, and where reading takes too long. Absent: the
   * destination cannot be read page by page.
   */
  browse?(table: string, query: BrowseQuery): Promise<BrowsedPage>;
  /**
   * Rows that a pipeline had refused by the table and that can go through it again: those with an `id` and an `origin`.
   * Fails as `browse`. Present where the capabilities have `reprocess`.
   */
  refused?(table: string, query: RefusedQuery): Promise<RefusedPage>;
  verify(table: string): Promise<VerifyResult>;
  state(pipeline: string): Promise<PipelineState | undefined>;
  /** Forgets checkpoints and open epochs; rows, history and the fence stay. */
  resetState(pipeline: string): Promise<void>;
  close(): Promise<void>;
}
