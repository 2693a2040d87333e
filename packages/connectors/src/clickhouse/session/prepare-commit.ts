import {
  addCounts,
  parseColumnType,
  zeroCounts,
  type ColumnDefinition,
  type Counts,
  type Cut,
  type SnapshotOutcome,
} from "@millrace/core";
import { sameColumns } from "../define/evolve.ts";
import type { TableLayout } from "../define/layout.ts";
import type { PreparedSchema } from "../define/prepare-schema.ts";
import type { CommitContext, CompletedEpoch, OpenEpoch, Place, Prepared } from "../modes/commit-context.ts";
import { createLike, whatOf } from "../modes/delta.ts";
import { pendingTable } from "../modes/pending-rows.ts";
import { prepareAppend } from "../modes/prepare-append.ts";
import { prepareKeyed } from "../modes/prepare-keyed.ts";
import { prepareReplace } from "../modes/prepare-replace.ts";
import { columnsJson, seenTable } from "../modes/prepare-seen.ts";
import type { Action } from "../state/actions.ts";
import type { EpochRecord } from "../state/epoch-record.ts";
import { STATE_DATABASE } from "../state/names.ts";
import { rewriteRows } from "../stage/rewrite-rows.ts";
import { ownTable } from "./epoch-changes.ts";
import type { JournalBook } from "./journal-book.ts";
import type { ManagedTable } from "./managed-table.ts";
import type { SessionContext } from "./session-context.ts";

/** What one table's part of a commit needs to know. */
export interface TableCommit {
  readonly session: SessionContext;
  readonly table: ManagedTable;
  readonly schema: PreparedSchema;
  /** Changed: epochs get tables of their own. */
  readonly book: JournalBook;
  readonly cut: Cut;
  readonly run: string;
  readonly nowMicros: number;
  readonly batch: bigint;
}

/** One table's part of a commit, prepared. */
export interface PreparedTable {
  readonly actions: readonly Action[];
  readonly counts: Counts;
  readonly snapshot?: SnapshotOutcome;
}

/** Prepares a table's part of a commit: nothing that anybody can see is changed yet. */
export async function prepareTable(commit: TableCommit): Promise<PreparedTable> {
  const { table, book, schema } = commit;
  const { mode } = table.definition;
  const counts = addCounts(zeroCounts(), commit.cut.counts[table.definition.name] ?? {});
  const moves: Action[] = [];
  const context = await contextOf(commit, moves);
  const prepared = await prepareMode(context, table);
  for (const [id, columns] of prepared.epochColumns ?? []) {
    const record = book.epochs.get(id);
    if (record !== undefined && columns !== undefined) book.epochs.set(id, { ...record, columns });
  }
  const { snapshot } = prepared;
  if (mode === "snapshot" && snapshot !== undefined) book.snapshots.set(table.entryName, snapshot.scope);
  return {
    actions: [...schema.actions, ...moves, ...prepared.actions],
    counts: addCounts(counts, prepared.counts),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

async function prepareMode(context: CommitContext, table: ManagedTable): Promise<Prepared> {
  switch (table.definition.mode) {
    case "append":
      return prepareAppend(context, table.append);
    case "upsert":
    case "merge":
      return prepareKeyed(context);
    default:
      return prepareReplace(context);
  }
}

async function contextOf(commit: TableCommit, moves: Action[]): Promise<CommitContext> {
  const { session, table, schema, book, cut } = commit;
  const { name, mode } = table.definition;
  const records = [...book.epochs.values()].filter(
    (each) => each.table === name && each.database === table.database,
  );
  const closing = new Set([...cut.completed.map(({ id }) => id), ...cut.discarded]);
  // Only merge, replace and snapshot keep account of what epochs bring.
  const accounted = mode !== "append" && mode !== "upsert";
  const open = new Map<string, OpenEpoch>();
  for (const record of records) {
    if (accounted && !closing.has(record.id)) open.set(record.id, await openEpoch(commit, record, moves));
  }
  const completed: CompletedEpoch[] = [];
  for (const each of cut.completed) {
    const record = records.find(({ id }) => id === each.id);
    if (record !== undefined && !cut.discarded.includes(each.id))
      completed.push({ ...(await openEpoch(commit, record, moves)), cut: each });
  }
  const discarded = await Promise.all(
    cut.discarded.map(async (id) => {
      const record = records.find((each) => each.id === id);
      return record === undefined ? { record: unknownEpoch(id, table) } : openEpoch(commit, record, moves);
    }),
  );
  const keyed = mode === "upsert" || mode === "merge";
  return {
    work: session.work,
    pipelineId: session.pipelineId,
    layout: table.layout,
    main: schema.main,
    ...(schema.history === undefined ? {} : { history: schema.history }),
    ...(table.stage === undefined ? {} : { stage: table.stage }),
    open,
    completed,
    discarded,
    run: commit.run,
    nowMicros: commit.nowMicros,
    batch: commit.batch,
    version: keyed ? await table.nextVersion(schema.main) : cut.id,
    versionColumn: session.options.tables[name]?.version,
    batchBytes: session.options.batchBytes,
    lastSnapshot: book.snapshots.get(table.entryName),
  };
}

/** An epoch that began and was given up between two commits: rows may still name it. */
function unknownEpoch(id: string, { database, definition }: ManagedTable): EpochRecord {
  return { id, stream: "", taints: [], database, table: definition.name };
}

/** Where an epoch's own table is to be read; one whose columns the table has widened since is written anew first. */
async function openEpoch(commit: TableCommit, record: EpochRecord, moves: Action[]): Promise<OpenEpoch> {
  const { session, table, book } = commit;
  const name = ownTable(session.pipelineId, record);
  if (name === undefined || record.columns === undefined) return { record };
  const place: Place = { database: STATE_DATABASE, table: name };
  const isPending = table.definition.mode === "replace" || table.definition.mode === "snapshot";
  const before = record.columns.map(columnFromJson);
  const { columns, key } = table.definition;
  const now = isPending ? columns : key.flatMap((each) => columns.filter((column) => column.name === each));
  if (sameColumns(before, now)) return { record, stored: place };
  const context = { layout: table.layout, pipelineId: session.pipelineId };
  const wanted = isPending ? pendingTable(context, record.id) : seenTable(context, record.id);
  const rewritten = await createLike(session.work, wanted, "epoch");
  const extra = wanted.columns.slice(now.length);
  await rewriteRows(session.server, {
    from: { ...place, columns: [...withNullability(before, table.layout), ...extra] },
    to: { database: STATE_DATABASE, table: rewritten, columns: wanted.columns },
    batchBytes: session.options.batchBytes,
  });
  moves.push({ do: "swap", what: whatOf(rewritten), database: STATE_DATABASE, table: name });
  const changed = { ...record, columns: columnsJson(now) };
  book.epochs.set(record.id, changed);
  return { record: changed, stored: { database: STATE_DATABASE, table: rewritten } };
}

function columnFromJson(json: unknown): ColumnDefinition {
  const { name, type, nullable } = json as {
    readonly name: string;
    readonly type: string;
    readonly nullable?: boolean;
  };
  return { name, type: parseColumnType(type), ...(nullable === undefined ? {} : { nullable }) };
}

function withNullability(
  columns: readonly ColumnDefinition[],
  { definition }: TableLayout,
): ColumnDefinition[] {
  return columns.map((column) => {
    const now = definition.columns.find(({ name }) => name === column.name);
    return now?.nullable === undefined ? column : { ...column, nullable: now.nullable };
  });
}
