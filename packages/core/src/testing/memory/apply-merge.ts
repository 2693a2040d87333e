import type { EpochCut } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import { epochOf, isOwn, parentText, stage, type Staged, type StagedRow, type TableCommit } from "./apply.ts";
import type { EpochState, StoredRow } from "./store.ts";
import { changedColumns, keyText, matches } from "./values.ts";

/** Live rows from which on the share of removals is looked at. */
const SHARE_FROM_ROWS = 100;
const DEFAULT_SHARE = 0.5;

/** merge: rows are compared by hash, old versions archived, and what complete epochs did not see is removed. */
export function applyMerge(commit: TableCommit): void {
  const staged = stage(commit);
  const removed = removedKeys(commit);
  for (const [key, each] of staged.rows) mergeRow(commit, key, { ...each, restores: removed.has(key) });
  // All rows first: one that moved from a scope to another is where it belongs before either scope removes.
  removeOrphans(commit, staged);
  for (const cut of commit.completed) removeUnseen(commit, cut, staged);
}

interface MergedRow extends StagedRow {
  readonly restores: boolean;
}

function mergeRow(commit: TableCommit, key: string, merged: MergedRow): void {
  const { row } = merged;
  if (row.hash === undefined) {
    throw new MillraceError("MLR_INTERNAL", `a row for table "${commit.name}" came without its hash`);
  }
  const before = commit.table.rows.get(key);
  if (before === undefined) insert(commit, key, merged);
  else if (before.hash === row.hash) commit.counts.unchanged++;
  else update(commit, key, before, row);
}

function insert(commit: TableCommit, key: string, { row, epochs, restores }: MergedRow): void {
  commit.counts.inserted++;
  if (restores) commit.counts.restored++;
  for (const id of epochs) epochOf(commit, id)?.inserted.add(key);
  commit.onDifference(restores ? "restore" : "insert", undefined, row.values);
  commit.table.rows.set(key, row);
}

function update(commit: TableCommit, key: string, before: StoredRow, row: StoredRow): void {
  commit.counts.updated++;
  commit.onDifference("update", before.values, row.values);
  archive(commit, before, "update", changedColumns(commit.table.definition, before.values, row.values));
  commit.table.rows.set(key, row);
}

function remove(commit: TableCommit, key: string, row: StoredRow): void {
  commit.counts.removed++;
  commit.onDifference("remove", row.values, undefined);
  if (commit.table.definition.removals !== "delete") archive(commit, row, "remove", []);
  commit.table.rows.delete(key);
}

/** Children of the parents that came along, but did not come themselves. */
function removeOrphans(commit: TableCommit, staged: Staged): void {
  if (staged.parents.size === 0 || commit.table.definition.removals === "keep") return;
  for (const [key, row] of commit.table.rows) {
    const came = staged.rows.has(key) || staged.kept.has(key);
    const isChild = staged.parents.has(parentText(commit.table, row.values));
    if (isChild && !came && isOwn(commit, row.values)) remove(commit, key, row);
  }
}

function removeUnseen(commit: TableCommit, cut: EpochCut, staged: Staged): void {
  const epoch = epochOf(commit, cut.id);
  const { removals } = commit.table.definition;
  if (epoch === undefined || epoch.epoch.taints.length > 0 || removals === "keep") return;
  const isLater = (key: string): boolean => (staged.rows.get(key)?.sequence ?? 0) > (cut.through ?? Infinity);
  const live = [...commit.table.rows].filter(
    ([, row]) => isOwn(commit, row.values) && matches(commit.table.definition, row.values, epoch.where),
  );
  const unseen = live.filter(([key]) => !epoch.seen.has(key) && !isLater(key));
  // Rows that the epoch itself brought do not count: exchanging every key is removing everything.
  const before = live.filter(([key]) => !epoch.inserted.has(key) && !isLater(key)).length;
  checkShare(commit, epoch, { before, unseen: unseen.length });
  for (const [key, row] of unseen) remove(commit, key, row);
}

function checkShare(
  commit: TableCommit,
  epoch: EpochState,
  { before, unseen }: { before: number; unseen: number },
): void {
  const declaredEmpty = epoch.where !== undefined && epoch.seen.size === 0;
  const limit = commit.table.definition.maxRemovedShare ?? DEFAULT_SHARE;
  if (declaredEmpty || before < SHARE_FROM_ROWS || unseen <= before * limit) return;
  const scope = epoch.epoch.scope === undefined ? "" : ` in scope ${JSON.stringify(epoch.epoch.scope)}`;
  throw new MillraceError(
    "MLR_REMOVAL_SHARE",
    `the reading would remove ${unseen} of ${before} live rows of table "${commit.name}"${scope}, more than the share of ${limit} that is allowed`,
    {
      hint: "Nothing was removed. If the source really holds no more, raise maxRemovedShare for this run.",
      details: { table: commit.name, live: before, removed: unseen, maxRemovedShare: limit },
    },
  );
}

function archive(
  commit: TableCommit,
  row: StoredRow,
  operation: "update" | "remove",
  changed: readonly string[],
): void {
  commit.table.history.push({ row, operation, changed, archivedAt: commit.nowMs, archivedRun: commit.run });
}

/** Keys whose latest row in the history is a removal. */
function removedKeys(commit: TableCommit): Set<string> {
  const { history, definition } = commit.table;
  const latest = new Map(
    history.map(({ row, operation }) => [keyText(definition, row.values, definition.key), operation]),
  );
  return new Set([...latest].filter(([, operation]) => operation === "remove").map(([key]) => key));
}
