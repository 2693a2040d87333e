import {
  type BrowsedPage,
  type BrowseFilter,
  type BrowseQuery,
  compileStore,
  formatColumnType,
  type Json,
  MillraceError,
  MISFIT,
} from "@millrace/core";
import { checkBrowseQuery } from "../../browse/check-query.ts";
import { cursorShape, readCursor, writeCursor } from "../../browse/cursor.ts";
import { compileRowReader } from "../columns/row-codec.ts";
import { tableColumn, type TableColumn } from "../columns/table-column.ts";
import { describedColumns } from "../define/current-table.ts";
import { suffixed } from "../define/placed-table.ts";
import type { TableLayout } from "../define/table-layout.ts";
import { describeTable } from "../session/describe-table.ts";
import type { Link } from "../session/link.ts";
import { TableSql } from "../sql/table-sql.ts";
import type { StateTables } from "../state/state-tables.ts";
import { jsonValue } from "./json-value.ts";
import { findStoredTable } from "./stored-table.ts";

/** Columns of Millrace's own that tell a reader nothing. */
const HIDDEN = new Set(["_row_hash", "_version", "_operation", "_changed"]);

/** Where the rows of a query are: a table under the alias `t`. */
interface Relation {
  readonly target: string;
  readonly columns: readonly TableColumn[];
  /** Tell rows apart, and order them; never null. */
  readonly ties: readonly TableColumn[];
  readonly key: readonly string[];
  readonly descending: boolean;
  readonly where: readonly string[];
}

interface Order {
  readonly column: TableColumn;
  readonly sql: string;
}

/** A page of a table in a relational database, as `Inspector.browse`; tables without a key cannot be gone through. */
export async function browseTable(
  link: Link,
  state: StateTables | undefined,
  of: { readonly table: string; readonly query: BrowseQuery },
): Promise<BrowsedPage> {
  const { table, query } = of;
  const layout = await findStoredTable(link, state, table);
  const { discriminator: _own, ...shared } = layout.table;
  const sql = new TableSql(link.dialect, { ...layout, table: shared });
  const relation = await relationOf(link, sql, query.of);
  if (relation === undefined) return { columns: [], rows: [] };
  checkBrowseQuery(
    table,
    relation.columns.map(({ name }) => name),
    query,
  );
  const order = orderOf(sql, relation, query);
  const descending = query.sort?.descending ?? relation.descending;
  const shape = cursorShape(table, query);
  const after = query.after === undefined ? undefined : readCursor(query.after, shape, order.length);
  const where = [
    ...relation.where,
    ...(query.filters ?? []).map((filter) => condition(sql, relation.columns, filter)),
    ...(after === undefined ? [] : [behind(sql, { order, after, descending })]),
  ];
  const hidden = order.filter(({ column }) => !relation.columns.includes(column)).map(({ column }) => column);
  const reader = compileRowReader(link.dialect, [...relation.columns, ...hidden]);
  const wheres = where.length === 0 ? "" : ` WHERE ${where.map((each) => `(${each})`).join(" AND ")}`;
  const select = `SELECT ${reader.select("t")} FROM ${relation.target} t${wheres} ORDER BY ${order.map(({ sql: expression, column }) => sorted(expression, column, descending)).join(", ")}`;
  const found = await link.query(`reading table "${table}"`, link.dialect.limit(select, query.limit + 1));
  const rows = found.slice(0, query.limit).map((row) => reader.read(row));
  const last = found.length > query.limit ? rows.at(-1) : undefined;
  return {
    columns: relation.columns.map(({ name, type }) => ({
      name,
      type: formatColumnType(type),
      key: relation.key.includes(name),
      own: query.of === "quarantine" || !layout.columns.some((column) => column.name === name),
    })),
    rows: rows.map((row) => relation.columns.map(({ name, type }): Json => jsonValue(type, row[name]))),
    ...(last === undefined
      ? {}
      : {
          next: writeCursor(
            shape,
            order.map(({ column }) => textOf(column, last[column.name])),
          ),
        }),
  };
}

async function relationOf(link: Link, sql: TableSql, of: BrowseQuery["of"]): Promise<Relation | undefined> {
  const { layout } = sql;
  const { table, columns, metadata } = layout;
  if (of === "quarantine") return quarantineOf(link, layout);
  if (of === "removed") return removedOf(link, sql);
  if (table.key.length === 0 || table.mode === "append") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `rows of table "${table.name}" cannot be gone through: it has no key that they are ordered by`,
      { hint: "Ask the database itself, or give the table a key and another mode than append." },
    );
  }
  const all = [...columns, ...metadata];
  const unique = table.mode === "snapshot" ? ["_snapshot", ...table.key] : table.key;
  return {
    target: layout.target,
    columns: all.filter(({ name }) => !HIDDEN.has(name)),
    ties: unique.flatMap((name) => all.find((column) => column.name === name) ?? []),
    key: table.key,
    descending: false,
    where: [],
  };
}

async function quarantineOf(link: Link, { table }: TableLayout): Promise<Relation | undefined> {
  const place = {
    namespace: table.namespace,
    name: suffixed(link.dialect, table.name, "__quarantine"),
  };
  const description = await describeTable(link, place);
  if (description === undefined) return undefined;
  const columns = describedColumns(description, { mode: "append", key: [], internal: true });
  const ids = columns.filter(({ name }) => name === "id");
  return {
    target: link.dialect.table(place),
    columns: columns.filter(({ name }) => name !== "origin"),
    ties: ids,
    key: [],
    descending: false,
    // Rows of an earlier version have no id that they could be ordered by.
    where: [`t.${link.dialect.quote("id")} IS NOT NULL`],
  };
}

async function removedOf(link: Link, sql: TableSql): Promise<Relation> {
  const { layout, dialect } = sql;
  if (layout.table.mode !== "merge") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `table "${layout.table.name}" is written in mode ${layout.table.mode}, which keeps no removed rows`,
    );
  }
  const history = await describeTable(link, {
    namespace: layout.table.namespace,
    name: suffixed(dialect, layout.table.name, "__history"),
  });
  const there = new Set(history?.columns.map(({ name }) => name));
  const all = [...layout.columns, ...layout.metadata, ...layout.historical].filter(({ name }) =>
    there.has(name),
  );
  const quoted = (alias: string, name: string): string => `${alias}.${dialect.quote(name)}`;
  const operation = all.find(({ name }) => name === "_operation");
  return {
    target: layout.history,
    columns: all.filter(({ name }) => !HIDDEN.has(name)),
    // The database counts them itself, so that nobody writes it.
    ties: [tableColumn(dialect, { name: "_version", type: { kind: "bigint" }, nullable: false })],
    key: layout.table.key,
    descending: true,
    where: [
      `${quoted("t", "_operation")} = ${operation === undefined ? "''" : sql.literal(operation, "remove")}`,
      `NOT EXISTS (SELECT 1 FROM ${layout.target} l WHERE ${sql.equal("l", "t")})`,
      `NOT EXISTS (SELECT 1 FROM ${layout.history} n WHERE ${sql.equal("n", "t")} AND ${quoted("n", "_version")} > ${quoted("t", "_version")})`,
    ],
  };
}

function orderOf(sql: TableSql, { columns, ties }: Relation, { sort }: BrowseQuery): Order[] {
  const wished = columns.find(({ name }) => name === sort?.column);
  if (wished !== undefined && (wished.form === "text" || !isOrdered(wished))) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `rows cannot be sorted by column "${wished.name}", whose values the database does not put in order`,
    );
  }
  const by = wished === undefined ? ties : [wished, ...ties.filter(({ name }) => name !== wished.name)];
  return by.map((column) => ({ column, sql: sql.dotted("t", column.name) }));
}

function isOrdered({ type }: TableColumn): boolean {
  return !["json", "array", "bytea", "interval"].includes(type.kind);
}

/** Null comes last, in whichever order. */
function sorted(expression: string, { required }: TableColumn, descending: boolean): string {
  const direction = descending ? "DESC" : "ASC";
  return required
    ? `${expression} ${direction}`
    : `CASE WHEN ${expression} IS NULL THEN 1 ELSE 0 END, ${expression} ${direction}`;
}

/** Rows behind one: equal in the columns before, and further on in one. */
function behind(
  sql: TableSql,
  of: {
    readonly order: readonly Order[];
    readonly after: readonly (string | null)[];
    readonly descending: boolean;
  },
): string {
  const { order, after, descending } = of;
  const equals: string[] = [];
  const ways: string[] = [];
  for (const [index, { column, sql: expression }] of order.entries()) {
    const text = after[index] ?? null;
    const way =
      text === null
        ? undefined
        : `${expression} ${descending ? "<" : ">"} ${valueOf(sql, column, text)}${column.required ? "" : ` OR ${expression} IS NULL`}`;
    if (way !== undefined) ways.push([...equals, `(${way})`].join(" AND "));
    equals.push(text === null ? `${expression} IS NULL` : `${expression} = ${valueOf(sql, column, text)}`);
  }
  return ways.length === 0 ? "1 = 0" : ways.map((each) => `(${each})`).join(" OR ");
}

const TEXTS = new Set(["text", "uuid"]);

function condition(sql: TableSql, columns: readonly TableColumn[], filter: BrowseFilter): string {
  const column = columns.find(({ name }) => name === filter.column) as TableColumn;
  const { operator, value = "" } = filter;
  const expression = sql.dotted("t", column.name);
  if (operator === "null") return `${expression} IS NULL`;
  if (operator === "not null") return `${expression} IS NOT NULL`;
  if (operator === "contains") return contains(sql, column, value);
  if (operator !== "=" && operator !== "!=" && (column.form === "text" || !isOrdered(column))) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `column "${column.name}" can only be compared by = and !=: the database does not put its values in order`,
    );
  }
  const literal = valueOf(sql, column, value);
  return operator === "!="
    ? `${expression} IS NULL OR NOT (${expression} = ${literal})`
    : `${expression} ${operator} ${literal}`;
}

function contains(sql: TableSql, column: TableColumn, value: string): string {
  if (column.form !== "text" && !TEXTS.has(column.type.kind) && column.type.kind !== "json") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `column "${column.name}" is of type ${formatColumnType(column.type)}, and contains looks into texts`,
    );
  }
  const pattern = `%${value.toLowerCase().replaceAll(/[!%_[\]]/g, "!$&")}%`;
  return `LOWER(${sql.dotted("t", column.name)}) LIKE ${sql.dialect.literal(pattern)} ESCAPE '!'`;
}

/** A text as a literal of the column's type. Fails with MLR_ARGUMENT_INVALID where it is none. */
function valueOf(sql: TableSql, column: TableColumn, text: string): string {
  const value = compileStore(column.type, { declared: true, untyped: true })(text);
  // Unlike elsewhere, an empty text is a text.
  if (value === null && column.type.kind === "text") return sql.literal(column, "");
  if (value !== MISFIT && value !== null) return sql.literal(column, value);
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `"${text}" is no ${formatColumnType(column.type)}, which column "${column.name}" is`,
  );
}

/** The text from which `valueOf` makes the value again. */
function textOf({ type }: TableColumn, stored: unknown): string | null {
  const value = jsonValue(type, stored);
  return value === null ? null : String(value);
}
