import { SCALAR_KINDS } from "@millrace/core";
import type {
  DriverValue,
  Failure,
  KeptColumn,
  NewColumn,
  NewTable,
  QualifiedName,
  RelationalConnection,
  RelationalDialect,
  TableDescription,
} from "@millrace/connectors/relational";
import { codec, TEXT } from "./codecs.ts";
import { quote, SqliteConnection } from "./sqlite-connection.ts";

/** What the columns of tables are is noted here, since SQLite has neither comments nor types that are kept to. */
const MARKS = `main."millrace_marks"`;

export function sqliteDialect(file: string, durable = true): RelationalDialect {
  return {
    kind: "sqlite",
    location: `sqlite://${file}`,
    capabilities: {
      transactions: true,
      modes: ["append", "replace", "upsert", "merge", "snapshot"],
      types: SCALAR_KINDS,
      arrays: true,
      identifiers: { maxBytes: 200 },
      dryRun: true,
    },
    connect: async () => new SqliteConnection(file, durable),
    defaultNamespace: async () => "main",
    failure,
    quote,
    table,
    temporary: (name) => `temp.${quote(name)}`,
    stateTable: (name, namespace) => ({ namespace, name: `millrace_${name}` }),
    literal,
    codec,
    text: () => TEXT,
    needsMark: () => true,
    describe,
    ddl: "transactional",
    createNamespace: () => [],
    createTable,
    addColumn: (reference, column) => [
      `ALTER TABLE ${reference} ADD COLUMN ${quote(column.name)}`,
      ...noted(reference, column),
    ],
    alterColumn: (reference, column) => [
      ...(isText(column) ? [numbersToText(reference, column)] : []),
      ...noted(reference, column),
    ],
    exchangeColumn: (reference, from, column) => [
      `ALTER TABLE ${reference} DROP COLUMN ${quote(column.name)}`,
      `ALTER TABLE ${reference} RENAME COLUMN ${quote(from)} TO ${quote(column.name)}`,
      ...noted(reference, column),
    ],
    dropTable: (reference) => [`DROP TABLE IF EXISTS ${reference}`],
    convertsInPlace,
    convert: (expression, from, to) =>
      from.type.kind === "bytea" && to.type.kind === "text"
        ? `'\\x' || lower(hex(${expression}))`
        : undefined,
    now: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    differs: (a, b) => `${a} IS NOT ${b}`,
    limit: (select, rows) => `${select} LIMIT ${rows}`,
    // A transaction has the lock for writing from its beginning.
    selectForUpdate: (columns, reference, where) => `SELECT ${columns} FROM ${reference} WHERE ${where}`,
    updateFrom: ({ target, alias, set, from, where }) =>
      `UPDATE ${target} AS ${alias} SET ${set.map(({ column, value }) => `${column} = ${value}`).join(", ")} FROM ${from} WHERE ${where}`,
    deleteFrom: (target, alias, where) => `DELETE FROM ${target} AS ${alias} WHERE ${where}`,
  };
}

function table({ namespace, name }: QualifiedName): string {
  return `${quote(namespace)}.${quote(name)}`;
}

function literal(value: DriverValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  if (typeof value === "number" && !Number.isFinite(value)) return value > 0 ? "9e999" : "-9e999";
  return String(value);
}

function createTable({ reference, columns, primaryKey, indexes, temporary }: NewTable): string[] {
  const [schema = "", name = ""] = reference.split(/\.(?=")/);
  const clauses = columns.map((column) =>
    column.identity === true ? `${quote(column.name)} INTEGER PRIMARY KEY AUTOINCREMENT` : quote(column.name),
  );
  const counted = columns.some(({ identity }) => identity === true);
  if (primaryKey.length > 0 && !counted) clauses.push(`PRIMARY KEY (${primaryKey.map(quote).join(", ")})`);
  return [
    `CREATE TABLE ${reference} (${clauses.join(", ")})`,
    ...indexes.map(
      (index) =>
        `CREATE INDEX ${schema}.${quote(index.name)} ON ${name} (${index.columns.map(quote).join(", ")})`,
    ),
    ...(temporary ? [] : columns.flatMap((column) => noted(reference, column))),
  ];
}

function noted(reference: string, { name, mark }: NewColumn): string[] {
  if (reference.startsWith("temp.")) return [];
  const values = [reference, name, mark ?? null].map(literal).join(", ");
  return [
    `CREATE TABLE IF NOT EXISTS ${MARKS} (reference, name, mark, PRIMARY KEY (reference, name))`,
    `INSERT OR REPLACE INTO ${MARKS} VALUES (${values})`,
  ];
}

async function describe(
  connection: RelationalConnection,
  { namespace, name }: QualifiedName,
): Promise<TableDescription | undefined> {
  const columns = await connection.query(
    `SELECT c.name, c.type, c.pk, c.hidden, t.type AS kind
     FROM pragma_table_xinfo(${literal(name)}, ${literal(namespace)}) AS c
     JOIN pragma_table_list(${literal(name)}) AS t ON t.schema = ${literal(namespace)}`,
  );
  const [first] = columns;
  if (first === undefined) return undefined;
  const marks = new Map<unknown, unknown>();
  const [there] = await connection.query("SELECT 1 FROM main.sqlite_schema WHERE name = 'millrace_marks'");
  if (there !== undefined)
    for (const row of await connection.query(
      `SELECT name, mark FROM ${MARKS} WHERE reference = ${literal(table({ namespace, name }))}`,
    ))
      marks.set(row["name"], row["mark"]);
  return {
    kind: first["kind"] === "table" ? "table" : first["kind"] === "view" ? "view" : "other",
    columns: columns.map((column) => ({
      name: String(column["name"]),
      sqlType: String(column["type"]),
      // A column of somebody else's may hold anything.
      type: marks.has(column["name"]) ? "text" : undefined,
      mark: (marks.get(column["name"]) ?? undefined) as string | undefined,
      nullable: true,
      generated: Number(column["hidden"]) > 1,
      hasDefault: true,
    })),
    primaryKey: columns
      .filter(({ pk }) => Number(pk) > 0)
      .toSorted((a, b) => Number(a["pk"]) - Number(b["pk"]))
      .map((column) => String(column["name"])),
    unique: [],
  };
}

const WHOLE: readonly string[] = ["boolean", "smallint", "integer", "bigint"];

/** Whether values stay as they are, or are whole numbers that are written as text. */
function convertsInPlace(from: KeptColumn, to: KeptColumn): boolean {
  const [before, after] = [from.type.kind, to.type.kind];
  const text = to.form === "text" || after === "text";
  if (!text) return before !== "boolean" && WHOLE.includes(before) === WHOLE.includes(after);
  if (before === "boolean") return false;
  if (WHOLE.includes(before)) return true;
  return (from.form === "text" || before === "text") && (after !== "json" || before === "array");
}

function isText({ mark }: NewColumn): boolean {
  return mark === undefined || mark.endsWith(" as text");
}

function numbersToText(reference: string, { name }: NewColumn): string {
  const column = quote(name);
  return `UPDATE ${reference} SET ${column} = CAST(${column} AS TEXT) WHERE typeof(${column}) = 'integer'`;
}

const FAILURES: Readonly<Record<number, Failure>> = {
  5: {
    code: "MLR_DESTINATION_CONFLICT",
    condition: "lock-timeout",
    hint: "Another program writes to the file.",
  },
  8: { code: "MLR_DESTINATION_READ_ONLY", hint: "Allow writing to the file and its folder." },
  13: { code: "MLR_DESTINATION_FULL", hint: "Free some disk space, then run again." },
  14: { code: "MLR_DESTINATION_UNAVAILABLE", hint: "Check that the file's folder exists." },
  1555: { code: "MLR_DESTINATION_CONFLICT", condition: "duplicate-key" },
};

function failure(error: unknown): Failure {
  const number = error instanceof Error && "errcode" in error ? Number(error.errcode) : 0;
  return FAILURES[number] ?? FAILURES[number & 255] ?? { code: "MLR_DESTINATION_FAILED" };
}
