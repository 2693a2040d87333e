import type { Json } from "../json.ts";

/** A field before and after. */
export interface FieldChange {
  /** Null also where there was no row. */
  readonly before: Json;
  readonly after: Json;
}

/** What happened to one row between two moments. */
export interface RowChange {
  /** The key's columns. */
  readonly key: Readonly<Record<string, Json>>;
  /** `insert`: there was no such row before; `remove`: there is none any more. */
  readonly operation: "insert" | "update" | "remove";
  /** The fields that differ, by column, in the table's order; never empty. */
  readonly fields: Readonly<Record<string, FieldChange>>;
}

/** When a run had made its last commit. */
export interface RunMoment {
  /** The run's id (UUID). */
  readonly run: string;
  /** When it ended (ISO 8601), for a run that left no trace in the table. Absent: not known. */
  readonly endedAt?: string | undefined;
}

/** Two states of a table. The second may be the older one: then changes are told backwards. */
export interface RunPair {
  readonly from: RunMoment;
  readonly to: RunMoment;
}
