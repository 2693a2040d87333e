import {
  canonicalText,
  compileStore,
  MISFIT,
  type ColumnDefinition,
  type Epoch,
  type EpochCut,
  type Json,
  type Row,
  type Scope,
} from "@millrace/core";

/** An open epoch as the journal keeps it. */
export interface EpochRecord {
  readonly id: string;
  readonly stream: string;
  readonly scope?: Scope;
  readonly taints: readonly string[];
  readonly database: string;
  readonly table: string;
  /** Column → canonical text, or null: it stays the same when the column is widened. */
  readonly where?: Readonly<Record<string, string | null>>;
  /** Columns of the table that holds what it has seen or read, with their types as text; absent while there is none. */
  readonly columns?: readonly Json[];
}

/** The record of an epoch that begins. */
export function beginRecord(
  { id, stream, scope, taints, table, where }: EpochCut,
  database: string,
  columns: readonly ColumnDefinition[],
): EpochRecord {
  return {
    id,
    stream,
    taints: [...taints],
    database,
    table,
    ...(scope === undefined ? {} : { scope }),
    ...(where === undefined ? {} : { where: whereTexts(where, columns) }),
  };
}

/** What the engine is told of it. */
export function epochOf({ id, stream, scope, taints }: EpochRecord): Epoch {
  return { id, stream, taints, ...(scope === undefined ? {} : { scope }) };
}

/** The scope in storage form, for the types that the columns have now; undefined where no row can be in it. */
export function whereValues(
  { where }: Pick<EpochRecord, "where">,
  columns: readonly ColumnDefinition[],
): Row | "whole" | "none" {
  if (where === undefined) return "whole";
  const values: Row = {};
  for (const [name, text] of Object.entries(where)) {
    const column = columns.find((each) => each.name === name);
    const value =
      column === undefined || text === null
        ? text
        : compileStore(column.type, { declared: true, untyped: true })(text);
    if (value === MISFIT) return "none";
    values[name] = value;
  }
  return values;
}

function whereTexts(where: Row, columns: readonly ColumnDefinition[]): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(where).map(([name, value]) => {
      const column = columns.find((each) => each.name === name);
      if (value === null || value === undefined) return [name, null];
      return [name, column === undefined ? JSON.stringify(value) : canonicalText(column.type)(value)];
    }),
  );
}
