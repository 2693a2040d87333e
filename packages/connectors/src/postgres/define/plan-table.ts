import {
  formatColumnType,
  joinTypes,
  MillraceError,
  sameType,
  type ColumnDefinition,
  type SchemaChange,
} from "@millrace/core";
import { addColumn, dropNotNull, widenColumn } from "../ddl/alter-table.ts";
import { createHistory, createSnapshotIndex, createTable, type PlacedTable } from "../ddl/create-table.ts";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { historyName } from "../ddl/names.ts";
import { quoteIdentifier, quoteTable, type QualifiedName } from "../quote.ts";
import { presentColumns, type CurrentTable } from "./current-table.ts";

/** What has to be done so that a table is as wanted. */
export interface TablePlan {
  /** The table as it will be: wanted columns joined with those that are there. */
  readonly table: PlacedTable;
  readonly creates: boolean;
  readonly changes: readonly SchemaChange[];
  readonly statements: readonly string[];
  /** Conditions over the changed table: the rows whose hash the changes alter. */
  readonly rehash: readonly string[];
}

/** Compares the wanted table with the one that is there. Fails with MLR_SCHEMA_MISMATCH where a column cannot become what is wanted. */
export function planTable(given: PlacedTable, current: CurrentTable): TablePlan {
  const wanted = { ...given, columns: given.columns.map((column) => plainColumn(column, given.key)) };
  if (current.description === undefined) return creation(wanted, current);
  const draft: Draft = { changes: [], statements: [], rehash: [] };
  const own = metadataColumns(wanted);
  const present = presentColumns(
    current,
    own.map(({ name }) => name),
  );
  const history = wanted.mode === "merge";
  addMetadata(wanted, current, draft);
  const columns = joinColumns({ wanted, current, present, draft, history: history && current.hasHistory });
  const table = { ...wanted, columns };
  if (history && !current.hasHistory) addHistory(table, draft);
  return { table, creates: false, ...draft };
}

/** How the columns of a table differ from those that it had a moment ago in the same session, on a table such as the staging one. */
export function planColumns(
  target: QualifiedName,
  before: readonly ColumnDefinition[],
  after: readonly ColumnDefinition[],
): { readonly statements: readonly string[]; readonly rehash: readonly string[] } {
  const known = new Map(before.map((column) => [column.name, column]));
  const statements: string[] = [];
  const rehash: string[] = [];
  for (const column of after) {
    const old = known.get(column.name);
    if (old === undefined) statements.push(addColumn(target, column));
    else if (!sameType(old.type, column.type)) {
      const widening = widenColumn({ table: target, column: column.name, from: old.type, to: column.type });
      if (widening === undefined) throw cannotWiden(target.name, old, column);
      statements.push(widening.statement);
      if (widening.rehash !== undefined) rehash.push(widening.rehash);
    }
  }
  return { statements, rehash };
}

interface Draft {
  readonly changes: SchemaChange[];
  readonly statements: string[];
  readonly rehash: string[];
}

function creation(table: PlacedTable, current: CurrentTable): TablePlan {
  const draft: Draft = { changes: [], statements: [], rehash: [] };
  // Asking for it needs a right that the user may not have, even where the schema exists.
  if (!current.hasSchema)
    draft.statements.push(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(table.namespace)}`);
  const statement =
    table.mode === "replace"
      ? createTable(table, { primaryKey: [], partitionBy: `LIST (${quoteIdentifier("_run_id")})` })
      : createTable(table);
  draft.statements.push(statement);
  draft.changes.push({ table: table.name, kind: "create-table", statement });
  if (table.mode === "merge" && !current.hasHistory) addHistory(table, draft);
  if (table.mode === "snapshot" && table.key.length === 0) draft.statements.push(createSnapshotIndex(table));
  return { table, creates: true, ...draft };
}

function addHistory(table: PlacedTable, draft: Draft): void {
  const statements = createHistory(table);
  draft.statements.push(...statements);
  draft.changes.push({
    table: historyName(table.name),
    kind: "create-history",
    statement: statements[0] ?? "",
  });
}

/** An empty table that is adopted gets the columns of its mode. */
function addMetadata(wanted: PlacedTable, current: CurrentTable, draft: Draft): void {
  const there = new Set((current.description?.columns ?? []).map(({ name }) => name));
  for (const { name, sqlType } of metadataColumns(wanted)) {
    if (there.has(name)) continue;
    const statement = `ALTER TABLE ${quoteTable(wanted)} ADD COLUMN ${quoteIdentifier(name)} ${sqlType} NOT NULL`;
    draft.statements.push(statement);
    draft.changes.push({ table: wanted.name, kind: "add-column", column: name, to: sqlType, statement });
    if (name === "_snapshot") draft.statements.push(createSnapshotIndex(wanted));
  }
}

interface Joining {
  readonly wanted: PlacedTable;
  readonly current: CurrentTable;
  readonly present: readonly ColumnDefinition[];
  readonly draft: Draft;
  /** The history has to follow. */
  readonly history: boolean;
}

function joinColumns(joining: Joining): ColumnDefinition[] {
  const { wanted, present } = joining;
  const there = new Map(present.map((column) => [column.name, column]));
  const own = joining.current.owners.flatMap(({ definition }) => definition.columns);
  const kept = present.filter(
    (column) =>
      own.some(({ name }) => name === column.name) || wanted.columns.some(({ name }) => name === column.name),
  );
  const names = new Set(kept.map(({ name }) => name));
  const joined = kept.map((old) => {
    const next = wanted.columns.find(({ name }) => name === old.name);
    return next === undefined ? plainColumn(old, wanted.key) : joinColumn(joining, old, next);
  });
  const added = wanted.columns.filter(({ name }) => !names.has(name));
  for (const column of added) {
    if (!there.has(column.name)) refuseOddColumn(joining, column);
    add(joining, column);
  }
  // Rows that are there have no value for them.
  return [...joined, ...added.map((column) => plainColumn({ ...column, nullable: true }, wanted.key))];
}

/** Says only what is not the default, so that the same column is always described in the same way. */
function plainColumn(
  { nullable, unordered, ...column }: ColumnDefinition,
  key: readonly string[],
): ColumnDefinition {
  return {
    ...column,
    ...(nullable === false && !key.includes(column.name) ? { nullable } : {}),
    ...(unordered === true ? { unordered } : {}),
  };
}

function joinColumn(joining: Joining, old: ColumnDefinition, next: ColumnDefinition): ColumnDefinition {
  const { wanted, draft, history } = joining;
  const type = joinTypes(old.type, next.type);
  if (!sameType(type, old.type)) {
    const to = formatColumnType(type);
    for (const target of history ? [wanted, historyOf(wanted)] : [wanted]) {
      const widening = widenColumn({ table: target, column: old.name, from: old.type, to: type });
      if (widening === undefined) throw cannotWiden(wanted.name, old, next);
      draft.statements.push(widening.statement);
      if (target !== wanted) continue;
      if (widening.rehash !== undefined) draft.rehash.push(widening.rehash);
      const from = formatColumnType(old.type);
      draft.changes.push({
        table: wanted.name,
        kind: "widen-column",
        column: old.name,
        from,
        to,
        statement: widening.statement,
      });
    }
  }
  const nullable = (next.nullable ?? true) && !wanted.key.includes(old.name);
  if (nullable && old.nullable === false) {
    const statement = dropNotNull(wanted, old.name);
    draft.statements.push(statement);
    draft.changes.push({ table: wanted.name, kind: "drop-not-null", column: old.name, statement });
  }
  return plainColumn({ ...next, type, nullable: nullable || old.nullable !== false }, wanted.key);
}

function add({ wanted, draft, history }: Joining, column: ColumnDefinition): void {
  const statement = addColumn(wanted, column);
  draft.statements.push(statement);
  if (history) draft.statements.push(addColumn(historyOf(wanted), column));
  const to = formatColumnType(column.type);
  draft.changes.push({ table: wanted.name, kind: "add-column", column: column.name, to, statement });
}

/** The table has a column of that name whose type is none of ours, or which the database computes. */
function refuseOddColumn({ wanted, current }: Joining, column: ColumnDefinition): void {
  const odd = current.description?.columns.find(({ name }) => name === column.name);
  if (odd === undefined) return;
  const what = odd.generated
    ? "is computed by the database"
    : `is of type ${odd.sqlType}, which Millrace does not write`;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `column "${column.name}" of table "${wanted.name}" ${what}`,
    {
      hint: "Change the column, rename it in the pipeline with rename(), or choose another table.",
      details: { table: wanted.name, column: column.name },
    },
  );
}

function cannotWiden(table: string, from: ColumnDefinition, to: ColumnDefinition): MillraceError {
  return new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `column "${from.name}" of table "${table}" is ${formatColumnType(from.type)} and cannot become ${formatColumnType(to.type)}`,
    {
      hint: "Declare the column's type in the option columns, or choose another table.",
      details: { table, column: from.name },
    },
  );
}

function historyOf(table: QualifiedName): QualifiedName {
  return { namespace: table.namespace, name: historyName(table.name) };
}
