import type { Counts } from "../../counts.ts";
import type { Json } from "../../json.ts";
import type { Epoch } from "../../message.ts";
import type { Row } from "../../row.ts";
import type { TableDefinition } from "../../schema/table.ts";
import type { Texts } from "./values.ts";

/** A row that is in a table now. Its values are never changed in place. */
export interface StoredRow {
  readonly values: Row;
  /** merge only. */
  readonly hash?: string;
  /** The run that wrote this version. */
  readonly run: string;
  /** When this version was committed, in ms since 1970. */
  readonly loadedAt: number;
  /** snapshot only: its scope. */
  readonly snapshot?: string;
}

/** A version of a row that is no longer the current one. */
export interface ArchivedRow {
  readonly row: StoredRow;
  readonly operation: "update" | "remove";
  readonly changed: readonly string[];
  readonly archivedAt: number;
  readonly archivedRun: string;
}

/** A table with everything in it. */
export interface TableState {
  definition: TableDefinition;
  /** Pipeline → its value of the discriminator; undefined where it owns the whole table. */
  readonly owners: Map<string, string | undefined>;
  /** By key text; in tables without a key by a running number. */
  rows: Map<string, StoredRow>;
  readonly history: ArchivedRow[];
  /** The next running number. */
  next: number;
  /** Pipeline → scope of the last snapshot that it took. */
  readonly lastSnapshots: Map<string, string>;
}

/** An open epoch and what was seen in it. */
export interface EpochState {
  epoch: Epoch;
  readonly table: string;
  readonly where: Texts | undefined;
  /** Key texts. */
  seen: Set<string>;
  /** Those of `seen` whose rows this epoch inserted. */
  inserted: Set<string>;
  /** replace and snapshot: what becomes visible when the epoch completes. */
  pending: Map<string, StoredRow>;
}

/** What is known of a pipeline. */
export interface PipelineEntry {
  attempt: bigint;
  lastCommit: bigint;
  run:
    { readonly id: string; readonly finished: boolean; readonly counts: Record<string, Counts> } | undefined;
  checkpoints: Map<string, Json>;
  epochs: Map<string, EpochState>;
}

/** Everything that is committed. */
export interface Store {
  readonly tables: Map<string, TableState>;
  readonly pipelines: Map<string, PipelineEntry>;
}

/** A database in which nothing was ever committed. */
export function emptyStore(): Store {
  return { tables: new Map(), pipelines: new Map() };
}

/** The state of a pipeline that was never opened. */
export function emptyEntry(): PipelineEntry {
  return { attempt: 0n, lastCommit: 0n, run: undefined, checkpoints: new Map(), epochs: new Map() };
}

/** A copy that can be changed without touching `store`: this is all that a transaction is here. */
export function copyStore(store: Store): Store {
  return {
    tables: new Map([...store.tables].map(([name, table]) => [name, copyTable(table)])),
    pipelines: new Map([...store.pipelines].map(([name, entry]) => [name, copyEntry(entry)])),
  };
}

function copyTable(table: TableState): TableState {
  return {
    ...table,
    owners: new Map(table.owners),
    rows: new Map(table.rows),
    history: [...table.history],
    lastSnapshots: new Map(table.lastSnapshots),
  };
}

function copyEntry(entry: PipelineEntry): PipelineEntry {
  return {
    ...entry,
    checkpoints: new Map(entry.checkpoints),
    epochs: new Map([...entry.epochs].map(([id, epoch]) => [id, copyEpoch(epoch)])),
  };
}

function copyEpoch(epoch: EpochState): EpochState {
  return {
    ...epoch,
    seen: new Set(epoch.seen),
    inserted: new Set(epoch.inserted),
    pending: new Map(epoch.pending),
  };
}

/** A table's name within the whole store. */
export function qualifiedName({
  name,
  namespace,
}: {
  readonly name: string;
  readonly namespace?: string;
}): string {
  return namespace === undefined ? name : `${namespace}.${name}`;
}
