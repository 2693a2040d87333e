import type { Counts } from "@millrace/core";

/** Counts without the fields that are 0, for comparing. */
export function normalizeCounts(counts: Readonly<Record<string, Counts>> | undefined): unknown {
  return Object.entries(counts ?? {})
    .map(([table, each]) => [table, Object.entries(each).filter(([, count]) => count !== 0)])
    .toSorted(([a], [b]) => String(a).localeCompare(String(b)));
}
