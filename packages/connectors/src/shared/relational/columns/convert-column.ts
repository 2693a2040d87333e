import { hash } from "node:crypto";
import { sameType } from "@millrace/core";
import type { KeptColumn, RelationalDialect } from "../relational-dialect.ts";
import type { Link } from "../session/link.ts";
import { codecOf } from "./codec-of.ts";
import { ROW_ALIAS } from "./rehash.ts";
import { compileRowEncoder, compileRowReader } from "./row-codec.ts";
import { newColumn, type TableColumn } from "./table-column.ts";
import { textExpression } from "./text-expression.ts";
import { compileWidening } from "./widen-value.ts";

/** A column of a table that is to keep its values in another way. */
export interface Conversion {
  /** The table in statements. */
  readonly reference: string;
  readonly from: TableColumn;
  readonly to: TableColumn;
}

/** Values that are converted at a time. */
const PAGE_ROWS = 5_000;

/** Whether a column is kept in another way than another one. */
export function isKeptAlike(a: KeptColumn, b: KeptColumn): boolean {
  return sameType(a.type, b.type) && a.form === b.form;
}

/** The statement by which people are told of a conversion. */
export function conversionStatement(dialect: RelationalDialect, { reference, to }: Conversion): string {
  return dialect.alterColumn(reference, newColumn(dialect, to)).join("; ");
}

/**
 * Gives a column another type or form, each value becoming exactly what the new one keeps: by the database in place, by an
 * expression, or value by value. What a crash leaves in the middle does not hinder the next try.
 */
export async function convertColumn(link: Link, conversion: Conversion): Promise<void> {
  const { dialect } = link;
  const { reference, from, to } = conversion;
  const what = `changing column "${to.name}" of ${reference}`;
  const column = newColumn(dialect, to);
  if (dialect.convertsInPlace(from, to)) return link.run(what, dialect.alterColumn(reference, column));
  // The name tells the type, so that what was left of a try to another type is not taken for this one.
  const digest = hash("sha256", JSON.stringify([to.name, column.sqlType, column.mark ?? null]), "hex");
  const temporary = `_millrace_${digest.slice(0, 16)}`;
  const [old, next] = [dialect.quote(to.name), dialect.quote(temporary)];
  try {
    await link.run(what, dialect.addColumn(reference, { ...column, name: temporary, required: false }));
  } catch (error) {
    if (link.lost) throw error;
    // It is there already; if that is not why, this fails as well.
    await link.execute(what, `UPDATE ${reference} SET ${next} = NULL WHERE ${next} IS NOT NULL`);
  }
  const expression = textExpression(dialect, old, from, to) ?? dialect.convert(old, from, to);
  if (expression === undefined) await convertValues(link, conversion, { what, next });
  else await link.execute(what, `UPDATE ${reference} SET ${next} = ${expression} WHERE ${old} IS NOT NULL`);
  await link.run(what, dialect.exchangeColumn(reference, temporary, column));
}

/** Each different value once, here, since no expression of the database would be exact. */
async function convertValues(
  link: Link,
  { reference, from, to }: Conversion,
  { what, next }: { readonly what: string; readonly next: string },
): Promise<void> {
  const { dialect } = link;
  const place = { keyColumns: 1 };
  const before: TableColumn = { ...from, name: "_from", place, required: true };
  const after: TableColumn = { ...to, name: "_to", required: true };
  const values = await createTemporary(link, what, "millrace_values", [before]);
  const pairs = await createTemporary(link, what, "millrace_pairs", [before, after]);
  const old = `${ROW_ALIAS}.${dialect.quote(to.name)}`;
  const given = dialect.quote("_from");
  await link.execute(
    what,
    `INSERT INTO ${values} (${given}) SELECT DISTINCT ${old} FROM ${reference} ${ROW_ALIAS} WHERE ${old} IS NOT NULL`,
  );
  const reader = compileRowReader(dialect, [before]);
  const encode = compileRowEncoder(dialect, [before, after]);
  const widen = compileWidening(from.type, to.type);
  const columns = [before, after].map(({ name, ...kept }) => ({
    name,
    sqlType: codecOf(dialect, kept).sqlType,
  }));
  let last: string | undefined;
  for (;;) {
    const where = last === undefined ? "" : ` WHERE v.${given} > ${last}`;
    const select = `SELECT ${reader.select("v")} FROM ${values} v${where} ORDER BY v.${given}`;
    const page = (await link.query(what, dialect.limit(select, PAGE_ROWS))).map(
      (row) => reader.read(row)["_from"],
    );
    const rows = page.map((value) => encode({ _from: value, _to: widen(value) }));
    if (rows.length > 0) await link.load(what, { reference: pairs, columns }, rows);
    if (rows.length < PAGE_ROWS) break;
    last = dialect.literal(codecOf(dialect, before).encode(page.at(-1)));
  }
  await link.execute(
    what,
    dialect.updateFrom({
      target: reference,
      alias: ROW_ALIAS,
      set: [{ column: next, value: `p.${dialect.quote("_to")}` }],
      from: `${pairs} p`,
      where: `${old} = p.${given}`,
    }),
  );
  for (const table of [values, pairs]) await link.run(what, dialect.dropTable(table));
}

async function createTemporary(
  link: Link,
  what: string,
  name: string,
  columns: readonly TableColumn[],
): Promise<string> {
  const { dialect } = link;
  const reference = dialect.temporary(name);
  await link.run(what, dialect.dropTable(reference));
  const table = {
    reference,
    columns: columns.map((column) => newColumn(dialect, column)),
    primaryKey: ["_from"],
    primaryKeyName: `${name}_pkey`,
    indexes: [],
    temporary: true,
  };
  await link.run(what, dialect.createTable(table));
  return reference;
}
