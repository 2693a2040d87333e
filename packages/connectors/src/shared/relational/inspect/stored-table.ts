import { HASH_VERSION, MillraceError, nearest, type ColumnDefinition } from "@millrace/core";
import { describedColumns } from "../define/current-table.ts";
import { describeTable } from "../session/describe-table.ts";
import { layoutOf, type TableLayout } from "../define/table-layout.ts";
import type { Link } from "../session/link.ts";
import type { QualifiedName } from "../qualified-name.ts";
import { ownersOf, type OwnerRow } from "../state/owners.ts";
import type { StateTables } from "../state/state-tables.ts";

/**
 * Finds a table that Millrace writes, by its name or by namespace and name with a dot between, with its columns as they are
 * kept. Fails with MLR_TABLE_NOT_FOUND (and the nearest name), MLR_ARGUMENT_INVALID where several namespaces have it, or
 * MLR_SCHEMA_MISMATCH where a column is gone or its hashes follow another version of the specification.
 */
export async function findStoredTable(
  link: Link,
  state: StateTables | undefined,
  name: string,
): Promise<TableLayout> {
  const owners = state === undefined ? [] : await ownersOf(link, state);
  const found = owners.filter((owner) => owner.name === name || qualified(owner) === name);
  const [first] = found;
  if (first === undefined) throw notFound(name, owners);
  const places = new Set(found.map(qualified));
  if (places.size > 1) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `several namespaces have a table "${name}"`, {
      hint: `Say which one: ${[...places].join(", ")}.`,
    });
  }
  const description = await describeTable(link, first);
  if (description === undefined) {
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `table "${qualified(first)}" does not exist any more`, {
      hint: "Somebody dropped it. Running its pipeline with --full creates it again.",
    });
  }
  requireHashVersion(found);
  const { name: table, namespace, definition } = first;
  const there = new Map(describedColumns(description, definition).map((column) => [column.name, column]));
  const columns = broughtColumns(found).map((column) => {
    const kept = there.get(column.name);
    if (kept === undefined) throw gone(column.name, qualified(first));
    return column.unordered === true ? { ...kept, unordered: true } : kept;
  });
  return layoutOf(link.dialect, { ...definition, name: table, namespace }, columns);
}

/** As `findStoredTable`, by its place; undefined where Millrace writes no such table, or it is gone. */
export async function writtenTable(
  link: Link,
  state: StateTables,
  { namespace, name }: QualifiedName,
): Promise<TableLayout | undefined> {
  try {
    return await findStoredTable(link, state, `${namespace}.${name}`);
  } catch (error) {
    if (error instanceof MillraceError && error.code === "MLR_TABLE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Pipelines that share a table may have brought different columns: for the rows of the others these are null. */
function broughtColumns(owners: readonly OwnerRow[]): ColumnDefinition[] {
  const columns = owners.flatMap(({ definition }) => definition.columns);
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

function requireHashVersion(owners: readonly OwnerRow[]): void {
  const version = Math.min(...owners.map(({ hashVersion }) => hashVersion));
  if (version === HASH_VERSION) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `the row hashes of table "${owners[0]?.name}" follow version ${version} of the specification, not ${HASH_VERSION}`,
    { hint: "Run the table's pipeline once, which computes them anew." },
  );
}

function gone(column: string, table: string): MillraceError {
  return new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `column "${column}" of table "${table}" is gone or of a type that Millrace does not write`,
    {
      hint: "Somebody else changed the table: change it back, or let another table take its place.",
      details: { table, column },
    },
  );
}

function qualified({ namespace, name }: OwnerRow): string {
  return `${namespace}.${name}`;
}

function notFound(name: string, owners: readonly OwnerRow[]): MillraceError {
  const names = [...new Set(owners.map((owner) => owner.name))];
  const guess = nearest(name, names);
  const list =
    names.length === 0 ? "It writes none here yet." : `Its tables: ${names.slice(0, 20).join(", ")}.`;
  return new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${name}" in this database`, {
    hint: guess === undefined ? list : `Did you mean "${guess}"?`,
    details: { table: name },
  });
}
