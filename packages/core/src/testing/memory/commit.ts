import { addCounts, zeroCounts, type Counts } from "../../counts.ts";
import type {
  CommitResult,
  Cut,
  EncodableBatch,
  EpochCut,
  FieldDifference,
  SnapshotOutcome,
} from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import type { Row } from "../../row.ts";
import type { TableDefinition } from "../../schema/table.ts";
import { mergedSnapshot } from "../../snapshot/plan-snapshot.ts";
import type { TableCommit } from "./apply.ts";
import { applyMerge } from "./apply-merge.ts";
import { applyReplace, dropPending } from "./apply-replace.ts";
import { applyRows } from "./apply-rows.ts";
import { difference } from "./difference.ts";
import { qualifiedName, type PipelineEntry, type Store, type TableState } from "./store.ts";
import { scopeTexts } from "./values.ts";

/** Differences that a dry run lists. */
const SAMPLE_ROWS = 20;

/** A commit as the session hands it over. */
export interface CommitRequest {
  /** A copy of the store: changed in place, thrown away when the commit fails. */
  readonly store: Store;
  readonly pipeline: string;
  /** Whose tables these are; other than `pipeline` where that is a partition's state. */
  readonly tablesOf: string;
  readonly run: string;
  readonly nowMs: number;
  readonly cut: Cut;
  readonly batches: ReadonlyMap<string, readonly EncodableBatch[]>;
  /** Definitions of the session's tables by name. */
  readonly definitions: ReadonlyMap<string, TableDefinition>;
  /** Whether to list differences: dry runs only. */
  readonly sampled: boolean;
}

/** Carries out a commit on the copied store. Throws without harm: the caller then keeps the store it has. */
export function applyCommit(request: CommitRequest): CommitResult {
  const { store, cut } = request;
  const entry = entryOf(store, request.pipeline);
  openEpochs(request, entry);
  const tables: Record<string, Counts> = {};
  const sample: FieldDifference[] = [];
  const snapshots: Record<string, SnapshotOutcome> = {};
  for (const name of touchedTables(request)) {
    const counts = addCounts(zeroCounts(), cut.counts[name] ?? {});
    const commit = tableCommit(request, { name, entry, counts, sample, snapshots });
    if (commit !== undefined) applyTable(commit, cut);
    if (request.definitions.get(name)?.internal !== true) tables[name] = counts;
  }
  const withheld = withheldReasons(request, entry);
  for (const { id } of cut.completed) entry.epochs.delete(id);
  for (const id of cut.discarded) entry.epochs.delete(id);
  for (const [slice, state] of cut.checkpoints) entry.checkpoints.set(slice, state);
  const totals = addTotals(entry, request, tables);
  entry.run = { id: request.run, finished: cut.final, counts: totals };
  entry.lastCommit = cut.id;
  return {
    id: cut.id,
    tables,
    totals,
    withheld,
    ...(Object.keys(snapshots).length === 0 ? {} : { snapshots }),
    ...(request.sampled ? { sample } : {}),
  };
}

function entryOf(store: Store, pipeline: string): PipelineEntry {
  const entry = store.pipelines.get(pipeline);
  if (entry !== undefined) return entry;
  throw new MillraceError("MLR_INTERNAL", `pipeline "${pipeline}" commits without having opened a session`);
}

function openEpochs(request: CommitRequest, entry: PipelineEntry): void {
  const { cut } = request;
  for (const { table, where, ...epoch } of cut.begun) {
    const definition = tableState(request, table)?.definition;
    if (definition === undefined) {
      throw new MillraceError(
        "MLR_INTERNAL",
        `epoch ${epoch.id} begins on table "${table}", which is not defined`,
      );
    }
    const state = {
      table,
      where: scopeTexts(definition, where),
      seen: new Set<string>(),
      inserted: new Set<string>(),
    };
    entry.epochs.set(epoch.id, { epoch, ...state, pending: new Map() });
  }
  for (const [id, taints] of cut.taints) taintEpoch(entry, id, taints);
  for (const { id, taints } of cut.completed) taintEpoch(entry, id, taints);
}

function taintEpoch(entry: PipelineEntry, id: string, taints: readonly string[]): void {
  const state = entry.epochs.get(id);
  if (state === undefined) return;
  state.epoch = { ...state.epoch, taints: [...new Set([...state.epoch.taints, ...taints])] };
}

function touchedTables({ cut, batches, store, pipeline }: CommitRequest): string[] {
  const names = new Set([
    ...batches.keys(),
    ...Object.keys(cut.counts),
    ...cut.completed.map(({ table }) => table),
  ]);
  for (const id of cut.discarded) {
    const table = store.pipelines.get(pipeline)?.epochs.get(id)?.table;
    if (table !== undefined) names.add(table);
  }
  return [...names];
}

function tableCommit(
  request: CommitRequest,
  own: {
    name: string;
    entry: PipelineEntry;
    counts: Counts;
    sample: FieldDifference[];
    snapshots: Record<string, SnapshotOutcome>;
  },
): TableCommit | undefined {
  const { name, entry, counts, sample, snapshots } = own;
  const table = tableState(request, name);
  if (table === undefined) return undefined;
  return {
    name,
    table,
    entry,
    counts,
    pipeline: request.pipeline,
    run: request.run,
    nowMs: request.nowMs,
    batches: request.batches.get(name) ?? [],
    completed: request.cut.completed.filter((epoch: EpochCut) => epoch.table === name),
    discarded: new Set(request.cut.discarded),
    onDifference: (operation, before: Row | undefined, after: Row | undefined) => {
      if (request.sampled && sample.length < SAMPLE_ROWS)
        sample.push(difference({ table: table.definition, operation, before, after }));
    },
    onSnapshot: (snapshot) => void (snapshots[name] = mergedSnapshot(snapshots[name], snapshot)),
  };
}

function tableState(
  { store, tablesOf, definitions, batches }: CommitRequest,
  name: string,
): TableState | undefined {
  const definition = definitions.get(name);
  if (definition !== undefined) return store.tables.get(qualifiedName(definition));
  if (!batches.has(name)) return [...store.tables.values()].find((table) => isNamed(table, name, tablesOf));
  throw new MillraceError("MLR_INTERNAL", `rows were written to table "${name}" before it was defined`);
}

function isNamed({ definition, owners }: TableState, name: string, pipeline: string): boolean {
  return definition.name === name && owners.has(pipeline);
}

function applyTable(commit: TableCommit, cut: Cut): void {
  const { mode } = commit.table.definition;
  if (mode === "merge") applyMerge(commit);
  else if (mode === "replace" || mode === "snapshot") applyReplace(commit);
  else applyRows(commit);
  for (const id of cut.discarded) {
    const epoch = commit.entry.epochs.get(id);
    if (epoch?.table === commit.name) dropPending(commit, epoch);
  }
}

function addTotals(
  entry: PipelineEntry,
  request: CommitRequest,
  tables: Record<string, Counts>,
): Record<string, Counts> {
  const before = entry.run?.id === request.run ? entry.run.counts : {};
  const totals = Object.fromEntries(Object.entries(before).map(([name, counts]) => [name, { ...counts }]));
  for (const [name, counts] of Object.entries(tables))
    totals[name] = addCounts(totals[name] ?? zeroCounts(), counts);
  return totals;
}

/** Tables whose completed epochs removed nothing because they were tainted. */
function withheldReasons(request: CommitRequest, entry: PipelineEntry): Record<string, readonly string[]> {
  const reasons: Record<string, readonly string[]> = {};
  for (const { table, id } of request.cut.completed) {
    const taints = entry.epochs.get(id)?.epoch.taints ?? [];
    const definition = tableState(request, table)?.definition;
    if (taints.length === 0 || definition === undefined || !removes(definition)) continue;
    reasons[table] = [...new Set([...(reasons[table] ?? []), ...taints])];
  }
  return reasons;
}

function removes({ mode, removals }: TableDefinition): boolean {
  return mode === "replace" || mode === "snapshot" || (mode === "merge" && removals !== "keep");
}
