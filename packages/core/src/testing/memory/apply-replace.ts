import type { EpochCut } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import type { SnapshotPeriod } from "../../schema/table.ts";
import { epochOf, isOwn, stage, type TableCommit } from "./apply.ts";
import type { EpochState, StoredRow } from "./store.ts";
import { matches } from "./values.ts";

/**
 * replace and snapshot: rows wait with their epoch and become visible when it completes, in place of the rows before
 * (replace) or of the earlier snapshot of the same period (snapshot).
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
  const { table } = commit;
  const period =
    table.definition.mode === "snapshot"
      ? periodStart(commit.nowMs, table.definition.snapshot ?? "day")
      : undefined;
  for (const [key, row] of table.rows) {
    if (
      row.snapshot !== period ||
      !isOwn(commit, row.values) ||
      !matches(table.definition, row.values, epoch.where)
    )
      continue;
    table.rows.delete(key);
    commit.counts.removed++;
    commit.onDifference("remove", row.values, undefined);
  }
  for (const [key, row] of epoch.pending) {
    table.rows.set(storedKey(key, period), visible(row, period));
    commit.onDifference("insert", undefined, row.values);
  }
}

/** Each snapshot has its own row per key. */
function storedKey(key: string, period: number | undefined): string {
  return period === undefined ? key : `${period}:${key}`;
}

function visible(row: StoredRow, period: number | undefined): StoredRow {
  return period === undefined ? row : { ...row, snapshot: period };
}

/** Start of the calendar unit that holds the instant, in UTC; weeks begin on Monday. */
export function periodStart(ms: number, period: SnapshotPeriod): number {
  const date = new Date(ms);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (period) {
    case "hour":
      return Date.UTC(year, month, day, date.getUTCHours());
    case "day":
      return Date.UTC(year, month, day);
    case "week":
      return Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7));
    case "month":
      return Date.UTC(year, month);
    case "year":
      return Date.UTC(year, 0);
  }
}
