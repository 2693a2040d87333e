import { compileStore, isStored, MISFIT, type Row } from "@millrace/core";
import { codecOf } from "../columns/codec-of.ts";
import type { TableColumn } from "../columns/table-column.ts";
import { keyColumns, type TableLayout } from "../define/table-layout.ts";
import type { RelationalDialect } from "../relational-dialect.ts";

/** What the metadata columns of rows that are written now hold. */
export interface Stamp {
  /** The run's id. */
  readonly run: string;
  /** The commit's time. */
  readonly at: number | bigint;
  /** Column `_snapshot`, in storage form. */
  readonly snapshot?: number | bigint;
}

/** The pieces that the statements over one table are made of. */
export class TableSql {
  readonly layout: TableLayout;
  readonly dialect: RelationalDialect;
  /** Those by which conditions are written; default: those of the layout. */
  readonly #stored: readonly TableColumn[];

  constructor(dialect: RelationalDialect, layout: TableLayout, stored = layout.columns) {
    this.dialect = dialect;
    this.layout = layout;
    this.#stored = stored;
  }

  get name(): string {
    return this.layout.table.name;
  }

  get target(): string {
    return this.layout.target;
  }

  get history(): string {
    return this.layout.history;
  }

  /** A column with an alias before it. */
  dotted(alias: string | undefined, name: string): string {
    const quoted = this.dialect.quote(name);
    return alias === undefined ? quoted : `${alias}.${quoted}`;
  }

  /** Columns with commas between. */
  list(columns: readonly { readonly name: string }[], alias?: string): string {
    return columns.map(({ name }) => this.dotted(alias, name)).join(", ");
  }

  /** The user's columns. */
  columns(alias?: string): string {
    return this.list(this.layout.columns, alias);
  }

  /** All columns that a live row has. */
  allColumns(alias?: string): string {
    return this.list([...this.layout.columns, ...this.layout.metadata], alias);
  }

  get key(): readonly TableColumn[] {
    return keyColumns(this.layout);
  }

  /** The values of some columns are equal; none of them is null. Default: the key. */
  equal(a: string, b: string, columns: readonly TableColumn[] = this.key): string {
    return columns
      .map(({ name, type }) => {
        const [left, right] = [this.dotted(a, name), this.dotted(b, name)];
        return this.dialect.equal?.(left, right, type) ?? `${left} = ${right}`;
      })
      .join(" AND ");
  }

  /** What rows with equal values in some columns are grouped by. Default: the key. */
  groups(alias: string, columns: readonly TableColumn[] = this.key): string {
    return columns
      .map(({ name, type }) => {
        const value = this.dotted(alias, name);
        return this.dialect.groups?.(value, type) ?? value;
      })
      .join(", ");
  }

  /** A value in storage form of a column. */
  literal(column: TableColumn, value: unknown): string {
    if (value === null || value === undefined) return "NULL";
    return this.dialect.literal(codecOf(this.dialect, column).encode(value));
  }

  /** The values of `allColumns` for a staged row. */
  stagedValues(alias: string, stamp: Stamp): string {
    const metadata = this.layout.metadata.map((column) => this.#metadata(column, alias, stamp));
    return [...this.layout.columns.map(({ name }) => this.dotted(alias, name)), ...metadata].join(", ");
  }

  /** Assignments of an UPDATE from staged rows: everything but the key. */
  assignments(alias: string, stamp: Stamp): { readonly column: string; readonly value: string }[] {
    const { columns, metadata, table } = this.layout;
    const others = columns.filter(({ name }) => !table.key.includes(name));
    return [
      ...others.map(({ name }) => ({
        column: this.dialect.quote(name),
        value: this.dotted(alias, name),
      })),
      ...metadata.map((column) => ({
        column: this.dialect.quote(column.name),
        value: this.#metadata(column, alias, stamp),
      })),
    ];
  }

  /** The names of the columns in which two rows differ, as column `_changed` keeps them. */
  changed(before: string, after: string): string {
    const { columns, table } = this.layout;
    const names = columns
      .filter(({ name }) => !table.key.includes(name))
      .map(({ name }) => {
        const differs = this.dialect.differs(this.dotted(before, name), this.dotted(after, name));
        return `CASE WHEN ${differs} THEN ${this.dialect.literal(JSON.stringify(name))} END`;
      });
    if (names.length === 0) return this.dialect.literal("[]");
    return `CONCAT('[', ${joined(this.dialect, names)}, ']')`;
  }

  /** The rows that this pipeline may remove and count: those of its discriminator's value, or all. */
  own(alias: string): string {
    const { discriminator } = this.layout.table;
    return discriminator === undefined
      ? "1 = 1"
      : this.#equals(alias, discriminator.column, discriminator.value);
  }

  /** The rows of a scope (all where there is none) that are the pipeline's own. */
  within(alias: string, where: Row | undefined): string {
    const conditions = Object.entries(where ?? {}).map(([name, value]) => this.#equals(alias, name, value));
    return [this.own(alias), ...conditions].join(" AND ");
  }

  #equals(alias: string, name: string, value: unknown): string {
    const column = this.#stored.find((each) => each.name === name);
    // A column that no row has brought yet is null in every row.
    if (column === undefined) return value === null || value === undefined ? "1 = 1" : "1 = 0";
    const dotted = this.dotted(alias, name);
    if (value === null || value === undefined) return `${dotted} IS NULL`;
    const stored = storedAs(column, value);
    if (stored === MISFIT) return "1 = 0";
    const literal = this.literal(column, stored);
    return this.dialect.equal?.(dotted, literal, column.type) ?? `${dotted} = ${literal}`;
  }

  #metadata(column: TableColumn, alias: string, stamp: Stamp): string {
    switch (column.name) {
      case "_row_hash":
        return this.dotted(alias, "_row_hash");
      case "_run_id":
        return this.literal(column, stamp.run);
      case "_snapshot":
        return this.literal(column, stamp.snapshot);
      default:
        return this.literal(column, stamp.at);
    }
  }
}

/** A scope's value was put into storage form when the scope was opened; its column may have been widened since. */
function storedAs(column: TableColumn, value: unknown): unknown {
  if (isStored(column.type, value)) return value;
  return compileStore(column.type, { declared: true, untyped: true })(value);
}

/** Functions take a limited number of arguments. */
const MAX_ARGUMENTS = 50;

/** The texts that are not null, with commas between. */
function joined(dialect: RelationalDialect, expressions: readonly string[]): string {
  const concatenated = dialect.joinTexts ?? concatenatedWithCommas;
  if (expressions.length <= MAX_ARGUMENTS) return concatenated(expressions);
  const parts: string[] = [];
  for (let from = 0; from < expressions.length; from += MAX_ARGUMENTS)
    parts.push(`NULLIF(${concatenated(expressions.slice(from, from + MAX_ARGUMENTS))}, '')`);
  return joined(dialect, parts);
}

function concatenatedWithCommas(expressions: readonly string[]): string {
  // Two at least, which some databases ask for.
  return `CONCAT_WS(',', ${expressions.length === 1 ? `${expressions[0]}, NULL` : expressions.join(", ")})`;
}
