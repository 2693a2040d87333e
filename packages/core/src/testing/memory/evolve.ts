import type { EncodableBatch } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import type { Row } from "../../row.ts";
import { joinTypes } from "../../schema/join-types.ts";
import type { ColumnDefinition, SchemaChange, TableDefinition } from "../../schema/table.ts";
import { formatColumnType, sameType } from "../../schema/type-text.ts";
import { compileWidening, type Widening } from "./widen.ts";
import { qualifiedName, type Store, type StoredRow, type TableState } from "./store.ts";

/** What `define` would do to a table. */
export interface Evolution {
  readonly definition: TableDefinition;
  readonly changes: readonly SchemaChange[];
  /** Column → conversion of the values it held so far. */
  readonly widenings: ReadonlyMap<string, Widening>;
  /** Carries it out on a copy of the store. */
  apply(store: Store): void;
}

/** Compares the table that is wanted with the one that is there. Fails where it belongs to another pipeline or does not fit. */
export function evolveTable(
  wanted: TableDefinition,
  context: { pipeline: string; stored: TableState | undefined; known: TableDefinition | undefined },
): Evolution {
  const { pipeline, stored } = context;
  if (stored !== undefined) checkOwner(wanted, stored, pipeline);
  const before = context.known ?? stored?.definition;
  if (before === undefined) return evolution(wanted, pipeline, created(wanted));
  checkShape(wanted, before);
  const after = mergedColumns(wanted, before);
  return evolution({ ...wanted, columns: after.columns }, pipeline, after);
}

interface Changes {
  readonly changes: readonly SchemaChange[];
  readonly widenings: ReadonlyMap<string, Widening>;
}

function evolution(
  definition: TableDefinition,
  pipeline: string,
  { changes, widenings }: Changes,
): Evolution {
  const apply = (store: Store): void => {
    const name = qualifiedName(definition);
    const table = store.tables.get(name) ?? emptyTable(definition);
    table.definition = definition;
    if (definition.internal !== true) table.owners.set(pipeline, definition.discriminator?.value);
    if (widenings.size > 0) widenTable(table, widenings);
    for (const entry of store.pipelines.values()) {
      for (const epoch of entry.epochs.values()) {
        if (epoch.table === definition.name)
          epoch.pending = mapValues(epoch.pending, (row) => widenRow(row, widenings));
      }
    }
    store.tables.set(name, table);
  };
  return { definition, changes, widenings, apply };
}

/** A batch that was written before one of its columns was widened. */
export function rewriteBatch(batch: EncodableBatch, { widenings }: Evolution): EncodableBatch {
  return widenings.size === 0
    ? batch
    : { ...batch, rows: batch.rows.map((row) => widenValues(row, widenings)) };
}

function created(table: TableDefinition): Changes {
  const columns = table.columns.map(({ name, type }) => `${name} ${formatColumnType(type)}`).join(", ");
  const change = (kind: SchemaChange["kind"], name: string): SchemaChange => ({
    table: name,
    kind,
    statement: `create table ${name} (${columns})`,
  });
  const history = table.mode === "merge" ? [change("create-history", `${table.name}__history`)] : [];
  return { changes: [change("create-table", table.name), ...history], widenings: new Map() };
}

function mergedColumns(
  wanted: TableDefinition,
  before: TableDefinition,
): Changes & { columns: readonly ColumnDefinition[] } {
  const changes: SchemaChange[] = [];
  const widenings = new Map<string, Widening>();
  const byName = new Map(wanted.columns.map((column) => [column.name, column]));
  const kept = before.columns.map((column) => {
    const next = byName.get(column.name);
    byName.delete(column.name);
    if (next === undefined) return column;
    const type = joinTypes(column.type, next.type);
    if (sameType(type, column.type)) return { ...next, type };
    changes.push(widened(wanted.name, column, { ...column, type }));
    widenings.set(column.name, compileWidening(column.type, type));
    return { ...next, type };
  });
  for (const column of byName.values()) {
    const type = formatColumnType(column.type);
    const statement = `alter table ${wanted.name} add column ${column.name} ${type}`;
    changes.push({ table: wanted.name, kind: "add-column", column: column.name, to: type, statement });
  }
  return { changes, widenings, columns: [...kept, ...byName.values()] };
}

function widened(table: string, from: ColumnDefinition, to: ColumnDefinition): SchemaChange {
  const type = formatColumnType(to.type);
  return {
    table,
    kind: "widen-column",
    column: from.name,
    from: formatColumnType(from.type),
    to: type,
    statement: `alter table ${table} alter column ${from.name} type ${type}`,
  };
}

function checkOwner(wanted: TableDefinition, { owners, definition }: TableState, pipeline: string): void {
  const own = wanted.discriminator;
  for (const [owner, value] of owners) {
    if (owner === pipeline) continue;
    if (own !== undefined && own.column === definition.discriminator?.column && own.value !== value) continue;
    throw new MillraceError("MLR_TABLE_OWNED", `table "${wanted.name}" belongs to pipeline "${owner}"`, {
      hint: "Write to another table, or give both pipelines a discriminator column that is part of the key.",
      details: { table: wanted.name, owner },
    });
  }
}

function checkShape(wanted: TableDefinition, before: TableDefinition): void {
  const same =
    wanted.mode === before.mode && [...wanted.key].toSorted().join() === [...before.key].toSorted().join();
  if (same) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `table "${wanted.name}" has mode ${before.mode} and key (${before.key.join(", ")}), not mode ${wanted.mode} and key (${wanted.key.join(", ")})`,
    {
      hint: "Choose another table, or give the pipeline the mode and key that the table has.",
      details: { table: wanted.name },
    },
  );
}

function emptyTable(definition: TableDefinition): TableState {
  return { definition, owners: new Map(), rows: new Map(), history: [], next: 0, lastSnapshots: new Map() };
}

function widenTable(table: TableState, widenings: ReadonlyMap<string, Widening>): void {
  table.rows = mapValues(table.rows, (row) => widenRow(row, widenings));
  for (const [index, old] of table.history.entries())
    table.history[index] = { ...old, row: widenRow(old.row, widenings) };
}

function widenRow(row: StoredRow, widenings: ReadonlyMap<string, Widening>): StoredRow {
  return { ...row, values: widenValues(row.values, widenings) };
}

function widenValues(row: Row, widenings: ReadonlyMap<string, Widening>): Row {
  const values: Row = { ...row };
  for (const [column, widen] of widenings) {
    const value = row[column];
    if (value !== null && value !== undefined) values[column] = widen(value);
  }
  return values;
}

function mapValues<V>(map: ReadonlyMap<string, V>, change: (value: V) => V): Map<string, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
