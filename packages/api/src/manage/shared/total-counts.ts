import type { z } from "zod";
import type { RowCounts } from "./counts-schema.ts";

type Counts = z.output<typeof RowCounts>;

/** The counts of all tables together; what is not there is 0. */
export function totalCounts(counts: Readonly<Record<string, Partial<Counts>>>): Counts {
  const total = {
    read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    removed: 0,
    restored: 0,
    rejected: 0,
    duplicates: 0,
  };
  for (const table of Object.values(counts)) {
    for (const field of Object.keys(total) as (keyof Counts)[]) total[field] += table[field] ?? 0;
  }
  return total;
}
