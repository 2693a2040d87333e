import type { FieldDifference } from "@millrace/core";
import { quoteIdentifier } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { dotted, type TableSql } from "./table-sql.ts";

/** Differences that a dry run lists per table. */
export const SAMPLE_ROWS = 20;

/** Rows to list: a FROM clause with the aliases s (staged) and t (live). */
export interface Listing {
  readonly operation: FieldDifference["operation"];
  readonly select: string;
}

export interface ListOptions {
  readonly context: SessionContext;
  readonly sql: TableSql;
  /** Names of the columns that the table has now. */
  readonly present: ReadonlySet<string>;
}

/** Adds differences of one table to the sample of a dry run, up to its limit. */
export async function listDifferences(
  options: ListOptions,
  sample: FieldDifference[],
  { operation, select }: Listing,
): Promise<void> {
  const room = SAMPLE_ROWS - sample.filter(({ table }) => table === options.sql.table.name).length;
  if (room <= 0) return;
  const { sql, present } = options;
  const columns = sql.table.columns.map(({ name }) => name);
  const alias = operation === "remove" ? "t" : "s";
  const before = operation === "update" || operation === "remove" ? texts(sql, "t", present) : "NULL";
  const after = operation === "remove" ? "NULL" : texts(sql, "s", undefined);
  const changed = operation === "update" ? changedNames(sql, present) : "NULL::text[]";
  const { rows } = await runSql<{
    key: string[];
    before: (string | null)[] | null;
    after: (string | null)[] | null;
    changed: string[] | null;
  }>(
    options.context,
    `listing differences of table "${sql.table.name}"`,
    `SELECT ARRAY[${sql.table.key.map((name) => `${dotted(alias, name)}::text`).join(", ")}]::text[] AS key,
       ${before} AS before, ${after} AS after, ${changed} AS changed ${select} LIMIT ${room}`,
  );
  for (const row of rows) {
    const fields = columns
      .map((name, i) => ({ name, before: row.before?.[i] ?? null, after: row.after?.[i] ?? null }))
      .filter((field) =>
        row.changed === null
          ? field.before !== null || field.after !== null
          : row.changed.includes(field.name),
      );
    sample.push({
      table: sql.table.name,
      key: Object.fromEntries(sql.table.key.map((name, i) => [name, row.key[i]])),
      operation,
      fields: Object.fromEntries(
        fields.map(({ name, before: b, after: a }) => [name, { before: b, after: a }]),
      ),
    });
  }
}

/** Texts of a row's columns. @param present names of the columns that there are; the others are null. */
function texts(sql: TableSql, alias: string, present: ReadonlySet<string> | undefined): string {
  const values = sql.table.columns.map(({ name }) =>
    present === undefined || present.has(name) ? `${dotted(alias, name)}::text` : "NULL",
  );
  return `ARRAY[${values.join(", ")}]::text[]`;
}

function changedNames(sql: TableSql, present: ReadonlySet<string>): string {
  const names = sql.table.columns.map(({ name }) => {
    const before = present.has(name) ? `t.${quoteIdentifier(name)}::text` : "NULL::text";
    return `CASE WHEN ${before} IS DISTINCT FROM s.${quoteIdentifier(name)}::text THEN '${name.replaceAll("'", "''")}' END`;
  });
  return `array_remove(ARRAY[${names.join(", ")}]::text[], NULL)`;
}
