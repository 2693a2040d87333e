import type { DatabaseDialect, NamedColumns, PlannedForeignKey, PlannedTable } from "@millrace/core";
import { codecFor, textCodec } from "../dialect/codecs.ts";
import { IDENTIFIER_LENGTH, quoteLiteral, quoteName, quotePath } from "../quote.ts";

const ON_DELETE: Readonly<Record<PlannedForeignKey["onDelete"], string>> = {
  restrict: "NO ACTION",
  cascade: "CASCADE",
  "set null": "SET NULL",
};

/** How portable table definitions and statements are written for SQL Server. @param schema of tables that name none; undefined: the login's own. */
export function sqlServerTableDialect(schema: string | undefined): DatabaseDialect {
  return {
    kind: "sqlserver",
    identifiers: { maxBytes: IDENTIFIER_LENGTH },
    placeholder: (number) => `@p${number}`,
    limit: (rows) => `OFFSET 0 ROWS FETCH NEXT ${rows} ROWS ONLY`,
    createTable: (table) => createTable(schema === undefined ? table : placedIn(schema, table)),
  };
}

/** The table, and those that it refers to, in the schema where they name none. */
function placedIn(namespace: string, table: PlannedTable): PlannedTable {
  return {
    namespace,
    ...table,
    foreignKeys: table.foreignKeys.map((key) => ({ ...key, references: { namespace, ...key.references } })),
  };
}

function createTable(table: PlannedTable): readonly string[] {
  const { name, namespace, primaryKey, unique, indexes, foreignKeys } = table;
  const reference = namespace === undefined ? quoteName(name) : quotePath(namespace, name);
  const lines = [
    ...columnLines(table),
    ...(primaryKey === undefined ? [] : [primaryKeyLine(table, primaryKey)]),
    ...unique
      .filter((each) => !mayBeNull(table, each))
      .map((each) => `${named(each)} UNIQUE (${list(each.columns)})`),
    ...foreignKeys.map(foreignKeyLine),
  ];
  const create = [
    `CREATE TABLE ${reference} (\n${lines.map((line) => `  ${line}`).join(",\n")}\n)`,
    ...unique.filter((each) => mayBeNull(table, each)).map((each) => uniqueIndex(reference, each)),
    ...indexes.map((each) => `CREATE INDEX ${quoteName(each.name)} ON ${reference} (${list(each.columns)})`),
  ].join(";\n");
  const schema =
    namespace === undefined
      ? []
      : [
          `IF SCHEMA_ID(${quoteLiteral(namespace)}) IS NULL EXEC (${quoteLiteral(`CREATE SCHEMA ${quoteName(namespace)}`)})`,
        ];
  return [...schema, `IF OBJECT_ID(${quoteLiteral(reference)}) IS NULL\nBEGIN\n${create}\nEND`];
}

/** Keys of texts are longer than a clustered index allows. */
function primaryKeyLine(table: PlannedTable, key: NamedColumns): string {
  const long = table.columns.some(
    ({ name, type }) => key.columns.includes(name) && (type.kind === "text" || type.kind === "bytea"),
  );
  return `${named(key)} PRIMARY KEY ${long ? "NONCLUSTERED " : ""}(${list(key.columns)})`;
}

function mayBeNull(table: PlannedTable, { columns }: NamedColumns): boolean {
  const required = new Set(table.primaryKey?.columns ?? []);
  return table.columns.some(
    ({ name, nullable }) => columns.includes(name) && nullable !== false && !required.has(name),
  );
}

/** A UNIQUE constraint of SQL Server lets null be there once only; elsewhere nulls differ from each other. */
function uniqueIndex(reference: string, { name, columns }: NamedColumns): string {
  const present = columns.map((column) => `${quoteName(column)} IS NOT NULL`).join(" AND ");
  return `CREATE UNIQUE INDEX ${quoteName(name)} ON ${reference} (${list(columns)}) WHERE ${present}`;
}

function columnLines(table: PlannedTable): string[] {
  const keys = [table.primaryKey, ...table.unique, ...table.indexes, ...table.foreignKeys];
  const names = new Set(table.primaryKey?.columns ?? []);
  return table.columns.map(({ name, type, nullable }) => {
    const widths = keys
      .filter((key) => key?.columns.includes(name) === true)
      .map((key) => key?.columns.length ?? 1);
    const place = { keyColumns: Math.max(0, ...widths) };
    const { sqlType } = codecFor(type, place) ?? textCodec(place);
    const counting = table.identity === name ? " IDENTITY(1,1)" : "";
    return `${quoteName(name)} ${sqlType}${counting} ${nullable === false || names.has(name) ? "NOT NULL" : "NULL"}`;
  });
}

function foreignKeyLine(key: PlannedForeignKey): string {
  const { table, namespace, columns } = key.references;
  const target = namespace === undefined ? quoteName(table) : quotePath(namespace, table);
  return `${named(key)} FOREIGN KEY (${list(key.columns)}) REFERENCES ${target} (${list(columns)}) ON DELETE ${ON_DELETE[key.onDelete]}`;
}

function named({ name }: NamedColumns): string {
  return `CONSTRAINT ${quoteName(name)}`;
}

function list(names: readonly string[]): string {
  return names.map(quoteName).join(", ");
}
