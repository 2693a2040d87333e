/** What happened to the rows of one table. All are exact. */
export interface Counts {
  /** Rows that came from the source for this table, before filters of the engine; = inserted + updated + unchanged + rejected + duplicates (restored ones are inserted ones). */
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  removed: number;
  /** Of the inserted: rows whose key had been removed before. */
  restored: number;
  /** Rows in the quarantine. */
  rejected: number;
  /** Rows followed by a later one of the same key in the same commit: the last wins. */
  duplicates: number;
}

/** New counts, all 0. */
export function zeroCounts(): Counts {
  return {
    read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    removed: 0,
    restored: 0,
    rejected: 0,
    duplicates: 0,
  };
}

/** Adds `more` to `into`, field by field. */
export function addCounts(into: Counts, more: Partial<Counts>): Counts {
  for (const field of Object.keys(more) as (keyof Counts)[]) into[field] += more[field] ?? 0;
  return into;
}
