import { canonicalText, type FieldDifference, type Json, type Row } from "@millrace/core";
import { compileRowReader } from "../columns/row-codec.ts";
import type { TableColumn } from "../columns/table-column.ts";
import type { Link } from "../session/link.ts";
import type { TableSql } from "./table-sql.ts";

/** Differences that a dry run lists per table. */
export const SAMPLE_ROWS = 20;

/** Rows to list. */
export interface Listing {
  readonly operation: FieldDifference["operation"];
  /** What stands behind the columns: FROM with the aliases s (staged) and t (live) as the operation needs them, WHERE. */
  readonly from: string;
  /** An expression to sort by. */
  readonly order: string;
}

export interface ListOptions {
  readonly link: Link;
  readonly sql: TableSql;
  /** The columns as the table has them now. */
  readonly stored: readonly TableColumn[];
}

/** Adds differences of one table to the sample of a dry run, up to its limit. */
export async function listDifferences(
  { link, sql, stored }: ListOptions,
  sample: FieldDifference[],
  { operation, from, order }: Listing,
): Promise<void> {
  const room = SAMPLE_ROWS - sample.filter(({ table }) => table === sql.name).length;
  if (room <= 0) return;
  const { columns, table } = sql.layout;
  const before = compileRowReader(link.dialect, stored, "b");
  const after = compileRowReader(link.dialect, columns, "a");
  const hasBefore = operation === "update" || operation === "remove";
  const selected = [
    ...(hasBefore ? [before.select("t")] : []),
    ...(operation === "remove" ? [] : [after.select("s")]),
  ].join(", ");
  const what = `listing differences of table "${sql.name}"`;
  const rows = await link.query(
    what,
    link.dialect.limit(`SELECT ${selected} ${from} ORDER BY ${order}`, room),
  );
  for (const answer of rows) {
    const old = hasBefore ? texts(stored, before.read(answer)) : new Map<string, string>();
    const now = operation === "remove" ? new Map<string, string>() : texts(columns, after.read(answer));
    const row = operation === "remove" ? before.read(answer) : after.read(answer);
    sample.push({
      table: sql.name,
      key: Object.fromEntries(table.key.map((name) => [name, row[name]])),
      operation,
      fields: fieldsOf(columns, old, now),
    });
  }
}

function fieldsOf(
  columns: readonly TableColumn[],
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): FieldDifference["fields"] {
  const fields: [string, { before: Json; after: Json }][] = columns
    .filter(({ name }) => old.get(name) !== now.get(name))
    .map(({ name }) => [name, { before: old.get(name) ?? null, after: now.get(name) ?? null }]);
  return Object.fromEntries(fields);
}

function texts(columns: readonly TableColumn[], row: Row): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, type, unordered } of columns) {
    const value = row[name];
    if (value !== null && value !== undefined) found.set(name, canonicalText(type, unordered)(value));
  }
  return found;
}
