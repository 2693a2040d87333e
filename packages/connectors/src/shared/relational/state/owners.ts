import { HASH_VERSION, type Row, type TableDefinition } from "@millrace/core";
import type { PlacedTable } from "../define/placed-table.ts";
import type { QualifiedName } from "../qualified-name.ts";
import type { Link } from "../session/link.ts";
import type { StateTables } from "./state-tables.ts";

/** Who writes a table. */
export interface OwnerRow extends QualifiedName {
  readonly pipeline: string;
  readonly mode: string;
  readonly definition: TableDefinition;
  readonly hashVersion: number;
  /** The history holds removals, so that an inserted key may be a restored one. */
  readonly hasRemovals: boolean;
  /** Scope of the last snapshot that the pipeline took. */
  readonly lastSnapshot: string | null;
}

const WHAT = "reading who owns which table";

/** The owners of a table, or of all tables. */
export async function ownersOf(
  link: Link,
  state: StateTables,
  table?: { readonly name: string; readonly namespace?: string },
): Promise<OwnerRow[]> {
  const rows = await state.tables.select(link, WHAT, {
    table_schema: table?.namespace,
    table_name: table?.name,
  });
  return rows.map(ownerRow);
}

/** Writes who owns a table, in the open transaction. */
export async function recordOwner(
  link: Link,
  state: StateTables,
  owner: {
    readonly table: PlacedTable;
    readonly pipeline: string;
    readonly hasRemovals: boolean;
    readonly lastSnapshot: string | null;
    readonly at: number | bigint;
  },
): Promise<void> {
  const { table, pipeline } = owner;
  await state.tables.put(link, `recording who owns table "${table.name}"`, {
    table_schema: table.namespace,
    table_name: table.name,
    pipeline,
    mode: table.mode,
    definition: JSON.stringify(table),
    hash_version: HASH_VERSION,
    has_removals: owner.hasRemovals,
    last_snapshot: owner.lastSnapshot,
    updated_at: owner.at,
  });
}

function ownerRow(row: Row): OwnerRow {
  return {
    namespace: String(row["table_schema"]),
    name: String(row["table_name"]),
    pipeline: String(row["pipeline"]),
    mode: String(row["mode"]),
    definition: JSON.parse(String(row["definition"])) as TableDefinition,
    hashVersion: Number(row["hash_version"]),
    hasRemovals: row["has_removals"] === true,
    lastSnapshot: (row["last_snapshot"] ?? null) as string | null,
  };
}
