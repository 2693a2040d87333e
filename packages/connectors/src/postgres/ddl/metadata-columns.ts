import { snapshotColumnType, type TableDefinition } from "@millrace/core";

/** A column that Millrace adds to the user's own. */
export interface MetadataColumn {
  readonly name: string;
  readonly sqlType: string;
}

const ROW_HASH: MetadataColumn = { name: "_row_hash", sqlType: "bytea" };
const RUN_ID: MetadataColumn = { name: "_run_id", sqlType: "uuid" };
const LOADED_AT: MetadataColumn = { name: "_loaded_at", sqlType: "timestamptz" };

/** The columns, never null, that a table has behind the user's own: by write mode. */
export function metadataColumns(
  definition: Pick<TableDefinition, "mode" | "snapshot" | "internal">,
): readonly MetadataColumn[] {
  if (definition.internal === true) return [];
  switch (definition.mode) {
    case "append":
    case "upsert":
      return [];
    case "merge":
      return [ROW_HASH, RUN_ID, LOADED_AT];
    case "replace":
      return [RUN_ID, LOADED_AT];
    case "snapshot":
      return [RUN_ID, LOADED_AT, snapshotColumn(definition)];
  }
}

/** Where a snapshot's period begins: a date, or the hour as timestamptz for hourly ones. */
function snapshotColumn(definition: Pick<TableDefinition, "snapshot">): MetadataColumn {
  const type = definition.snapshot === undefined ? "date" : snapshotColumnType(definition.snapshot);
  return { name: "_snapshot", sqlType: type };
}

/** The columns that a history table has behind those of its table. */
export const HISTORY_COLUMNS: readonly MetadataColumn[] = [
  { name: "_version", sqlType: "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY" },
  { name: "_operation", sqlType: "text NOT NULL CHECK (_operation IN ('update', 'remove'))" },
  { name: "_changed", sqlType: "text[] NOT NULL" },
  { name: "_archived_at", sqlType: "timestamptz NOT NULL DEFAULT now()" },
  { name: "_archived_run", sqlType: "uuid" },
];
