import type { EpochCut } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import { planSnapshot } from "../../snapshot/plan-snapshot.ts";
import { epochOf, isOwn, stage, type TableCommit } from "./apply.ts";
import type { EpochState, StoredRow } from "./store.ts";
import { matches } from "./values.ts";

/**
 * replace and snapshot: rows wait with their epoch and become visible when it completes, in place of the rows before
 * (replace) or of the earlier snapshot of the same scope (snapshot).
 */
export function applyReplace(commit: TableCommit): void {
  for (const [key, { row, epochs }] of stage(commit).rows) {
    const epoch = pendingEpoch(commit, epochs);
    commit.counts[epoch?.pending.has(key) === true ? "updated" : "inserted"]++;
    if (epoch === undefined) commit.counts.removed++;
    else epoch.pending.set(key, row);
  }
  for (const cut of commit.completed) complete(commit, cut);
}

/** Rows that came to nothing count as inserted and removed again, so that the sums stay right. */
export function dropPending(commit: TableCommit, epoch: EpochState): void {
  commit.counts.removed += epoch.pending.size;
  epoch.pending = new Map();
}

function pendingEpoch(commit: TableCommit, epochs: readonly string[]): EpochState | undefined {
  const [id] = epochs;
  if (id !== undefined) return epochOf(commit, id);
  throw new MillraceError(
    "MLR_SOURCE_PROTOCOL",
    `rows for table "${commit.name}" (mode ${commit.table.definition.mode}) came outside of any epoch`,
    { hint: 'The source has to send { type: "begin" } before the rows and { type: "complete" } after them.' },
  );
}

function complete(commit: TableCommit, cut: EpochCut): void {
  const epoch = epochOf(commit, cut.id);
  if (epoch === undefined) return;
  if (epoch.epoch.taints.length > 0) return dropPending(commit, epoch);
  const { definition } = commit.table;
  if (definition.snapshot === undefined) return reveal(commit, epoch, undefined);
  if (cut.snapshot === undefined) {
    throw new MillraceError("MLR_INTERNAL", `epoch ${cut.id} of table "${commit.name}" tells no snapshot`);
  }
  const plan = planSnapshot(definition.snapshot, cut.snapshot, ownScopes(commit));
  reveal(commit, epoch, cut.snapshot);
  const expired = new Set(plan.expired);
  remove(commit, ({ snapshot }) => snapshot !== undefined && expired.has(snapshot));
  commit.table.lastSnapshots.set(commit.pipeline, cut.snapshot);
  commit.onSnapshot({ scope: cut.snapshot, ...plan });
}

/** The rows of the epoch take the place of those of its scope. */
function reveal(commit: TableCommit, epoch: EpochState, snapshot: string | undefined): void {
  const { table } = commit;
  remove(commit, (row) => row.snapshot === snapshot && matches(table.definition, row.values, epoch.where));
  for (const [key, row] of epoch.pending) {
    table.rows.set(storedKey(key, snapshot), visible(row, snapshot));
    commit.onDifference("insert", undefined, row.values);
  }
}

function remove(commit: TableCommit, where: (row: StoredRow) => boolean): void {
  for (const [key, row] of commit.table.rows) {
    if (!isOwn(commit, row.values) || !where(row)) continue;
    commit.table.rows.delete(key);
    commit.counts.removed++;
    commit.onDifference("remove", row.values, undefined);
  }
}

/** The scopes of the pipeline's own snapshots, and the last one it took, which may hold no row. */
function ownScopes(commit: TableCommit): Set<string> {
  const own = [...commit.table.rows.values()].filter((row) => isOwn(commit, row.values));
  const last = commit.table.lastSnapshots.get(commit.pipeline);
  return new Set([...own.flatMap(({ snapshot }) => snapshot ?? []), ...(last === undefined ? [] : [last])]);
}

/** Each snapshot has its own row per key. */
function storedKey(key: string, snapshot: string | undefined): string {
  return snapshot === undefined ? key : `${snapshot}:${key}`;
}

function visible(row: StoredRow, snapshot: string | undefined): StoredRow {
  return snapshot === undefined ? row : { ...row, snapshot };
}
