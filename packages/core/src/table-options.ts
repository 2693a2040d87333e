import { z } from "zod";
import { snapshotOptions } from "./snapshot/snapshot-options.ts";

const name = z.string().min(1).max(200);

/** How one stream lands in its table. What is not said is inferred. */
export const tableOptions = z.strictObject({
  /** The table's name as given; default: the stream's name, normalised. */
  name: name.optional(),
  /** Database schema (namespace). Default: the destination's own. */
  namespace: name.optional(),
  /** Columns that identify a row, under the names the rows carry. Default: what the source declares. */
  key: z.array(z.string().min(1)).optional(),
  /** Default `merge` where there is a key, otherwise `append`. */
  mode: z.enum(["append", "replace", "upsert", "merge", "snapshot"]).optional(),
  /** Declared types: column → type such as `integer`, `numeric(12,2)`, `timestamptz`, `text[]`. The others are inferred. */
  columns: z.record(z.string(), z.string()).optional(),
  /** What happens when rows do not fit the table. Default `evolve`. */
  contract: z.enum(["evolve", "freeze", "discard", "quarantine"]).default("evolve"),
  /** merge: what becomes of rows that a complete reading no longer holds. Default `archive`. */
  removals: z.enum(["archive", "delete", "keep"]).default("archive"),
  /** merge: largest share of live rows that one reading may remove; applied from 100 live rows up. Default 0.5. */
  maxRemovedShare: z.number().min(0).max(1).default(0.5),
  /** Columns whose arrays compare as sets. */
  unordered: z.array(z.string()).optional(),
  /** snapshot: how often one is kept, in which time zone, and for how long. Default `"day"`: one a day in UTC, for ever. */
  snapshot: snapshotOptions.optional(),
  /** Lets several pipelines write the table: each owns the rows with its value in this column, which must be in the key. */
  discriminator: z.strictObject({ column: name, value: z.string() }).optional(),
});

/** Options of a table, as users write them. */
export type TableOptions = z.input<typeof tableOptions>;
/** Options of a table, with the defaults filled in. */
export type ResolvedTableOptions = z.output<typeof tableOptions>;
