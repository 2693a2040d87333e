import type { Counts } from "../../counts.ts";
import type { EncodableBatch, EpochCut, FieldDifference, SnapshotOutcome } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import type { Row } from "../../row.ts";
import type { EpochState, PipelineEntry, StoredRow, TableState } from "./store.ts";
import { keyText, textOf } from "./values.ts";

/** Everything that the commit of one table's rows needs to know. It works on copies, so it may fail at any point. */
export interface TableCommit {
  readonly name: string;
  readonly table: TableState;
  readonly entry: PipelineEntry;
  readonly pipeline: string;
  readonly run: string;
  readonly nowMs: number;
  readonly batches: readonly EncodableBatch[];
  readonly completed: readonly EpochCut[];
  readonly discarded: ReadonlySet<string>;
  readonly counts: Counts;
  /** Told of each row that is inserted, updated or removed. */
  onDifference(
    difference: FieldDifference["operation"],
    before: Row | undefined,
    after: Row | undefined,
  ): void;
  /** Told of each snapshot that is taken. */
  onSnapshot(snapshot: SnapshotOutcome): void;
}

/** A row that is to be written, under its key. */
export interface StagedRow {
  readonly row: StoredRow;
  readonly epochs: readonly string[];
  /** Of the batch it came in. */
  readonly sequence: number;
}

/** The rows to be written: by key, the last one wins; where the table has no key, all of them. */
export interface Staged {
  readonly rows: Map<string, StagedRow>;
  /** Child tables: key texts of the parents that came. */
  readonly parents: Set<string>;
  /** Keys of rejected rows: what is stored under them stays. */
  readonly kept: Set<string>;
}

/** Brings the batches of a commit down to one row per key, counting those that a later one replaces. */
export function stage(commit: TableCommit): Staged {
  const staged: Staged = { rows: new Map(), parents: new Set(), kept: new Set() };
  for (const batch of commit.batches) {
    supersedeParents(commit, staged, batch);
    for (const [index, values] of batch.rows.entries()) {
      const key = rowKey(commit.table, values);
      if (staged.rows.has(key)) commit.counts.duplicates++;
      const row = storedRow(commit, values, batch.hashes?.[index]);
      staged.rows.set(key, { row, epochs: batch.epochs, sequence: batch.sequence });
      markSeen(commit, batch, key);
    }
    for (const row of batch.keptKeys ?? []) {
      const key = rowKey(commit.table, row);
      staged.kept.add(key);
      markSeen(commit, batch, key);
    }
  }
  return staged;
}

function storedRow(commit: TableCommit, values: Row, hash: string | undefined): StoredRow {
  return { values, ...(hash === undefined ? {} : { hash }), run: commit.run, loadedAt: commit.nowMs };
}

function markSeen(commit: TableCommit, batch: EncodableBatch, key: string): void {
  for (const id of batch.epochs) epochOf(commit, id)?.seen.add(key);
}

/** A batch that carries a parent holds all its children: those that came before it are out of date. */
function supersedeParents(commit: TableCommit, staged: Staged, batch: EncodableBatch): void {
  if (batch.parents === undefined) return;
  const parents = new Set(batch.parents.map((parent) => parentText(commit.table, parent)));
  for (const [key, { row }] of staged.rows) {
    if (!parents.has(parentText(commit.table, row.values))) continue;
    staged.rows.delete(key);
    commit.counts.duplicates++;
  }
  for (const parent of parents) staged.parents.add(parent);
}

/** The key of the parent that a child row belongs to, as text that is equal for equal keys. */
export function parentText(table: TableState, row: Row): string {
  return keyText(table.definition, row, table.definition.parentKey ?? []);
}

/** The open epoch with this id; undefined where this commit discards it. */
export function epochOf(commit: TableCommit, id: string): EpochState | undefined {
  const epoch = commit.entry.epochs.get(id);
  if (epoch !== undefined || commit.discarded.has(id)) return epoch;
  throw new MillraceError(
    "MLR_INTERNAL",
    `rows of table "${commit.name}" count in epoch ${id}, which is not open`,
  );
}

/** The rows of the table that this pipeline may remove. */
export function isOwn(commit: TableCommit, row: Row): boolean {
  const discriminator = commit.table.definition.discriminator;
  if (discriminator === undefined) return true;
  return textOf(commit.table.definition, row, discriminator.column) === discriminator.value;
}

function rowKey(table: TableState, values: Row): string {
  const { key, name } = table.definition;
  if (key.length === 0) return String(table.next++);
  for (const column of key) {
    if (values[column] === null || values[column] === undefined) {
      throw new MillraceError(
        "MLR_ROW_KEY_MISSING",
        `a row for table "${name}" has no value in its key column "${column}"`,
      );
    }
  }
  return keyText(table.definition, values, key);
}
