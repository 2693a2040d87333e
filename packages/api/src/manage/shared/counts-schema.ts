import { z } from "zod";

const count = z.number().int().nonnegative();

/** What happened to rows: of one table, or of all tables of a run together. */
export const RowCounts = z
  .object({
    read: count.describe("Rows that came from the source."),
    inserted: count,
    updated: count,
    unchanged: count,
    removed: count,
    restored: count.describe("Of the inserted: rows that had been removed before."),
    rejected: count.describe("Rows in the quarantine."),
    duplicates: count.describe("Rows followed by a later one of the same key in the same commit."),
  })
  .meta({ id: "RowCounts" });

/** `RowCounts` of one table. */
export const TableCounts = RowCounts.extend({ table: z.string() }).meta({ id: "TableCounts" });
