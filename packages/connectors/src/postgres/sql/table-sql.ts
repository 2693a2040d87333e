import type { ColumnDefinition, Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { historyName } from "../ddl/names.ts";
import { quoteIdentifier, quoteLiteral, quoteTable } from "../quote.ts";
import { sqlLiteral } from "./literal.ts";

/** The pieces that the statements over one table are made of. */
export class TableSql {
  readonly table: PlacedTable;
  /** Quoted, with its schema. */
  readonly target: string;
  readonly history: string;
  readonly #hasHash: boolean;

  constructor(table: PlacedTable) {
    this.table = table;
    this.target = quoteTable(table);
    this.history = quoteTable({ namespace: table.namespace, name: historyName(table.name) });
    this.#hasHash = metadataColumns(table).some(({ name }) => name === "_row_hash");
  }

  /** The pipeline's columns, each with the alias before it, with commas between. */
  columns(alias?: string): string {
    return this.table.columns.map(({ name }) => dotted(alias, name)).join(", ");
  }

  /** All columns that a live row has. */
  allColumns(alias?: string): string {
    const metadata = metadataColumns(this.table).map(({ name }) => dotted(alias, name));
    return [this.columns(alias), ...metadata].join(", ");
  }

  keyColumns(alias?: string): string {
    return this.table.key.map((name) => dotted(alias, name)).join(", ");
  }

  /** The keys of two aliases are equal. */
  keysEqual(a: string, b: string, key: readonly string[] = this.table.key): string {
    return key.map((name) => `${dotted(a, name)} = ${dotted(b, name)}`).join(" AND ");
  }

  /** Assignments of an UPDATE from staged rows. @param run placeholder of the run's id. */
  assignments(from: string, run: string): string {
    const metadata = metadataColumns(this.table).map(
      ({ name }) => `${quoteIdentifier(name)} = ${this.#metadata(name, from, run)}`,
    );
    const columns = this.table.columns
      .filter(({ name }) => !this.table.key.includes(name))
      .map(({ name }) => `${quoteIdentifier(name)} = ${dotted(from, name)}`);
    return [...columns, ...metadata].join(", ");
  }

  /** The values of `allColumns` for a staged row. */
  stagedValues(from: string, run: string): string {
    const metadata = metadataColumns(this.table).map(({ name }) => this.#metadata(name, from, run));
    return [this.columns(from), ...metadata].join(", ");
  }

  /** An array of the names of the columns in which two rows differ. */
  changed(before: string, after: string): string {
    const names = this.table.columns
      .filter(({ name }) => !this.table.key.includes(name))
      .map((column) => {
        const [a, b] = [comparable(before, column), comparable(after, column)];
        return `CASE WHEN ${a} IS DISTINCT FROM ${b} THEN ${quoteLiteral(column.name)} END`;
      });
    return names.length === 0 ? "'{}'::text[]" : `array_remove(ARRAY[${names.join(", ")}]::text[], NULL)`;
  }

  /** The rows that this pipeline may remove and count: those of its discriminator's value, or all. */
  own(alias: string): string {
    const { discriminator } = this.table;
    return discriminator === undefined
      ? "true"
      : `${dotted(alias, discriminator.column)} = ${quoteLiteral(discriminator.value)}`;
  }

  /** The rows of a scope (all where there is none) that are the pipeline's own. */
  within(alias: string, where: Row | undefined): string {
    const conditions = Object.entries(where ?? {}).map(([name, value]) => this.#equals(alias, name, value));
    return [this.own(alias), ...conditions].join(" AND ");
  }

  #equals(alias: string, name: string, value: unknown): string {
    const column = this.table.columns.find((each) => each.name === name);
    // A column that no row has brought yet is null in every row.
    if (column === undefined) return value === null || value === undefined ? "true" : "false";
    if (value === null || value === undefined) return `${dotted(alias, name)} IS NULL`;
    return `${dotted(alias, name)} = ${sqlLiteral(column.type, value)}`;
  }

  #metadata(name: string, from: string, run: string): string {
    if (name === "_row_hash" && this.#hasHash) return dotted(from, name);
    return name === "_run_id" ? `${run}::uuid` : "now()";
  }
}

/** `alias."name"`. */
export function dotted(alias: string | undefined, name: string): string {
  return alias === undefined ? quoteIdentifier(name) : `${alias}.${quoteIdentifier(name)}`;
}

/** What is compared of a column: arrays that are sets by their elements in order. */
function comparable(alias: string, column: ColumnDefinition): string {
  const value = dotted(alias, column.name);
  if (column.unordered !== true) return value;
  if (column.type.kind === "array")
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE ARRAY(SELECT e FROM unnest(${value}) AS e ORDER BY e) END`;
  if (column.type.kind !== "json") return value;
  return `CASE WHEN jsonb_typeof(${value}) = 'array' THEN (SELECT jsonb_agg(e ORDER BY e) FROM jsonb_array_elements(${value}) AS e) ELSE ${value} END`;
}
