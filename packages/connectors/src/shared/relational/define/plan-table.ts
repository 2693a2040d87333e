import {
  formatColumnType,
  joinTypes,
  MillraceError,
  sameType,
  type ColumnDefinition,
  type SchemaChange,
} from "@millrace/core";
import { alignments, type Alignment } from "../columns/align.ts";
import { definitionOf, tableColumn, type TableColumn } from "../columns/table-column.ts";
import type { RelationalDialect } from "../relational-dialect.ts";
import { placeOf } from "./column-place.ts";
import { createHistory, createTable } from "./create-table.ts";
import { describedColumns, presentColumns, type CurrentTable } from "./current-table.ts";
import { metadataColumns } from "./metadata-columns.ts";
import { historyOf, type PlacedTable } from "./placed-table.ts";
import { layoutOf, type TableLayout } from "./table-layout.ts";

/** What has to be done so that a table is as wanted. */
export interface TablePlan {
  /** The table as it will be: wanted columns joined with those that are there. */
  readonly layout: TableLayout;
  readonly creates: boolean;
  readonly changes: readonly SchemaChange[];
  /** To be run first. */
  readonly statements: readonly string[];
  readonly table: readonly Alignment[];
  readonly history: readonly Alignment[];
}

export interface PlanOptions {
  readonly dialect: RelationalDialect;
  readonly wanted: PlacedTable;
  readonly current: CurrentTable;
  /** Names of columns that have to keep texts, since a value came that their counterpart cannot hold. */
  readonly asText: ReadonlySet<string>;
}

/** Compares the wanted table with the one that is there. Fails with MLR_SCHEMA_MISMATCH where a column cannot become what is wanted. */
export function planTable(options: PlanOptions): TablePlan {
  return options.current.description === undefined ? creation(options) : change(options);
}

function creation({ dialect, wanted, current, asText }: PlanOptions): TablePlan {
  const columns = wanted.columns.map((column) => newTableColumn({ dialect, wanted, asText }, column));
  const layout = layoutOf(dialect, withColumns(wanted, columns), columns);
  const table = createTable(dialect, layout);
  const history = wanted.mode === "merge" && current.history === undefined;
  const older = history ? createHistory(dialect, layout) : [];
  const changes: SchemaChange[] = [
    { table: wanted.name, kind: "create-table", statement: table[0] ?? "" },
    ...(history ? [historyChange(dialect, wanted, older)] : []),
  ];
  const statements = [...dialect.createNamespace(wanted.namespace), ...table, ...older];
  return { layout, creates: true, changes, statements, table: [], history: [] };
}

function change(options: PlanOptions): TablePlan {
  const { dialect, wanted, current } = options;
  const metadata = metadataColumns(dialect, wanted);
  const present = presentColumns(
    current,
    wanted,
    metadata.map(({ name }) => name),
  );
  const columns = joinColumns(options, present);
  const layout = layoutOf(dialect, withColumns(wanted, columns), columns);
  const own = new Set(current.description?.columns.map(({ name }) => name));
  const adopted = metadata
    .filter(({ name }) => !own.has(name))
    .flatMap((column) => alignments(dialect, layout.target, [], [column]));
  const table = [...adopted, ...alignments(dialect, layout.target, present, columns)];
  const merged = wanted.mode === "merge";
  const older = merged && current.history === undefined ? createHistory(dialect, layout) : [];
  const changes: SchemaChange[] = [
    ...table.map((each) => schemaChange(wanted.name, each)),
    ...(older.length > 0 ? [historyChange(dialect, wanted, older)] : []),
  ];
  return {
    layout,
    creates: false,
    changes,
    statements: older,
    table,
    history: merged && older.length === 0 ? historyAlignments(options, layout) : [],
  };
}

/** The history has the same columns, of which any may be null. */
function historyAlignments({ dialect, wanted, current }: PlanOptions, layout: TableLayout): Alignment[] {
  const present = describedColumns(current.history, wanted);
  const columns = [...layout.columns, ...layout.metadata].map((column) => ({ ...column, required: false }));
  return alignments(dialect, layout.history, present, columns);
}

function joinColumns(options: PlanOptions, present: readonly TableColumn[]): TableColumn[] {
  const { wanted, current } = options;
  const recorded = new Set(
    current.owners.flatMap(({ definition }) => definition.columns.map(({ name }) => name)),
  );
  const kept = present.filter(
    ({ name }) => recorded.has(name) || wanted.columns.some((column) => column.name === name),
  );
  const names = new Set(kept.map(({ name }) => name));
  const added = wanted.columns.filter(({ name }) => !names.has(name));
  for (const column of added) refuseOddColumn(options, column);
  return [
    ...kept.map((old) => joinColumn(options, old)),
    ...added.map((column) => ({ ...newTableColumn(options, column), required: false })),
  ];
}

function joinColumn(options: PlanOptions, old: TableColumn): TableColumn {
  const { wanted, asText } = options;
  const next = wanted.columns.find(({ name }) => name === old.name);
  const key = wanted.key.includes(old.name);
  const type = next === undefined ? old.type : joinTypes(old.type, next.type);
  const column = newTableColumn(options, { ...next, name: old.name, type });
  const same = sameType(type, old.type);
  // What had to keep texts once keeps them.
  const text = asText.has(old.name) || (old.form === "text" && column.type.kind !== "json");
  return {
    ...column,
    form: same && !asText.has(old.name) ? old.form : text ? "text" : column.form,
    required: old.required && (key || next === undefined || next.nullable === false),
    ...(old.unordered === true || next?.unordered === true ? { unordered: true } : {}),
  };
}

function newTableColumn(
  { dialect, wanted, asText }: Pick<PlanOptions, "dialect" | "wanted" | "asText">,
  column: ColumnDefinition,
): TableColumn {
  const place = placeOf(wanted, column.name);
  const required = column.nullable === false || wanted.key.includes(column.name);
  const made = tableColumn(dialect, column, { place, required });
  return asText.has(column.name) && column.type.kind !== "text" ? { ...made, form: "text" } : made;
}

function withColumns(table: PlacedTable, columns: readonly TableColumn[]): PlacedTable {
  return { ...table, columns: columns.map((column) => definitionOf(column, table.key)) };
}

/** What is told of an alignment. */
export function schemaChange(table: string, alignment: Alignment): SchemaChange {
  const statement = alignment.statements.join("; ");
  switch (alignment.kind) {
    case "add": {
      const { name, type } = alignment.column;
      return { table, kind: "add-column", column: name, to: formatColumnType(type), statement };
    }
    case "convert": {
      const { from, to } = alignment.conversion;
      return {
        table,
        kind: "widen-column",
        column: to.name,
        from: formatColumnType(from.type),
        to: formatColumnType(to.type),
        statement,
      };
    }
    case "drop-not-null":
      return { table, kind: "drop-not-null", column: alignment.column.name, statement };
  }
}

function historyChange(
  dialect: RelationalDialect,
  table: PlacedTable,
  statements: readonly string[],
): SchemaChange {
  return {
    table: historyOf(dialect, table).name,
    kind: "create-history",
    statement: statements[0] ?? "",
  };
}

/** The table has a column of that name whose type is none of ours, or which the database computes. */
function refuseOddColumn({ wanted, current }: PlanOptions, column: ColumnDefinition): void {
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
