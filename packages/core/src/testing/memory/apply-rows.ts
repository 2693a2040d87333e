import { stage, type TableCommit } from "./apply.ts";

/** append and upsert: rows land at once; nothing is compared, kept or removed. */
export function applyRows(commit: TableCommit): void {
  const { rows } = commit.table;
  for (const [key, { row }] of stage(commit).rows) {
    const before = rows.get(key);
    commit.counts[before === undefined ? "inserted" : "updated"]++;
    commit.onDifference(before === undefined ? "insert" : "update", before?.values, row.values);
    rows.set(key, row);
  }
}
