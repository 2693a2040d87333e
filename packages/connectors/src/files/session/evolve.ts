import {
  formatColumnType,
  joinTypes,
  MillraceError,
  sameType,
  type ColumnDefinition,
  type SchemaChange,
  type TableDefinition,
} from "@millrace/core";
import type { FileLayout } from "../layout-options.ts";

/** What becomes of a table that is defined. */
export interface Evolution {
  readonly definition: TableDefinition;
  readonly changes: readonly SchemaChange[];
}

/** Modes that files have. */
export const FILE_MODES = ["append", "replace", "snapshot"] as const;

/** Compares the table that is wanted with the one that is there. Fails where it does not fit. */
export function evolve(
  wanted: TableDefinition,
  before: TableDefinition | undefined,
  layout: FileLayout,
): Evolution {
  checkMode(wanted);
  if (before === undefined) return { definition: wanted, changes: [created(wanted, layout)] };
  checkShape(wanted, before);
  const changes: SchemaChange[] = [];
  const byName = new Map(wanted.columns.map((column) => [column.name, column]));
  const kept = before.columns.map((column): ColumnDefinition => {
    const next = byName.get(column.name);
    byName.delete(column.name);
    if (next === undefined) return column;
    const type = joinTypes(column.type, next.type);
    if (!sameType(type, column.type)) changes.push(widened(wanted.name, column, { ...column, type }));
    return { ...next, type };
  });
  for (const { name, type } of byName.values()) {
    const to = formatColumnType(type);
    const statement = `new files of ${wanted.name} have the column ${name} ${to}`;
    changes.push({ table: wanted.name, kind: "add-column", column: name, to, statement });
  }
  return { definition: { ...wanted, columns: [...kept, ...byName.values()] }, changes };
}

/** Fails with MLR_PIPELINE_INVALID for a mode, or a way of sharing a table, that files cannot have. */
export function checkMode({
  name,
  mode,
  discriminator,
}: Pick<TableDefinition, "name" | "mode" | "discriminator">): void {
  if (discriminator !== undefined) {
    throw new MillraceError(
      "MLR_PIPELINE_INVALID",
      `table "${name}": pipelines cannot share a table of files by a discriminator`,
      { hint: "Give each pipeline a table of its own and read them together: a glob names several folders." },
    );
  }
  if (FILE_MODES.some((known) => known === mode)) return;
  throw new MillraceError(
    "MLR_PIPELINE_INVALID",
    `table "${name}": files cannot be written with mode "${mode}": a row in a file is not changed or removed by its key`,
    {
      hint: `Choose mode "append", "replace" or "snapshot", or ${mode} into a database and keep snapshots of that in files.`,
      details: { table: name, mode },
    },
  );
}

function created({ name, columns }: TableDefinition, { format }: FileLayout): SchemaChange {
  const list = columns.map((column) => `${column.name} ${formatColumnType(column.type)}`).join(", ");
  return {
    table: name,
    kind: "create-table",
    statement: `make the folder of ${name} with ${format} files (${list})`,
  };
}

function widened(table: string, from: ColumnDefinition, to: ColumnDefinition): SchemaChange {
  const type = formatColumnType(to.type);
  return {
    table,
    kind: "widen-column",
    column: from.name,
    from: formatColumnType(from.type),
    to: type,
    statement: `new files of ${table} have the column ${from.name} as ${type}`,
  };
}

function checkShape(wanted: TableDefinition, before: TableDefinition): void {
  const keys = [wanted, before].map(({ key }) => key.toSorted().join(", "));
  if (wanted.mode === before.mode && (wanted.mode === "append" || keys[0] === keys[1])) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `table "${wanted.name}" has mode ${before.mode} and key (${keys[1]}), not mode ${wanted.mode} and key (${keys[0]})`,
    {
      hint: "Choose another table, or give the pipeline the mode and key that the table has.",
      details: { table: wanted.name },
    },
  );
}
