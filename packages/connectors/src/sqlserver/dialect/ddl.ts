import type { NewColumn, NewTable } from "../../shared/relational/index.ts";
import { quoteLiteral, quoteName, splitName } from "../quote.ts";
import { KEY_PROPERTY, TYPE_PROPERTY } from "./describe.ts";

/** Tables in which Millrace keeps its state, but not what epochs saw, which has the keys of rows. */
const STATE_TABLE = /^\[millrace\]\.\[(?!seen_|side_)/;

/** `CREATE SCHEMA` has to be alone in its batch. */
export function createNamespace(namespace: string): readonly string[] {
  const create = quoteLiteral(`CREATE SCHEMA ${quoteName(namespace)}`);
  return [`IF SCHEMA_ID(${quoteLiteral(namespace)}) IS NULL EXEC (${create})`];
}

export function createTable(table: NewTable): readonly string[] {
  const { reference, columns, primaryKey, temporary } = table;
  const asIndex = primaryKey.length > 0 && isPadded(table);
  const key = primaryKey.length === 0 || asIndex ? [] : [primaryKeyClause(table)];
  const lines = [...columns.map(columnClause), ...key].map((line) => `  ${line}`).join(",\n");
  const indexes = table.indexes.map(
    ({ name, columns: on }) => `CREATE INDEX ${quoteName(name)} ON ${reference} (${list(on)})`,
  );
  return [
    `CREATE TABLE ${reference} (\n${lines}\n)`,
    ...(asIndex ? [keyIndex(table)] : []),
    ...(asIndex && !temporary ? [noteKey(reference, primaryKey)] : []),
    ...indexes,
    ...marks(
      reference,
      columns.filter((column) => column.mark !== undefined),
    ),
  ];
}

/**
 * Whether the key has texts or bytes. SQL Server compares these as if the shorter one was padded, also in unique indexes:
 * `a` and `a ` could not both be there. So such keys are indexed without UNIQUE, statements compare the lengths as well,
 * and that no key is there twice is what the merge sees to.
 */
function isPadded({ reference, columns, primaryKey: key }: NewTable): boolean {
  // Names of pipelines and tables do not end in spaces, and that each is there once is what the fence stands on.
  if (STATE_TABLE.test(reference)) return false;
  return columns.some(({ name, sqlType }) => key.includes(name) && isPaddedType(sqlType));
}

/** Whether values of a type are compared as if the shorter one was padded. */
export function isPaddedType(sqlType: string): boolean {
  return /^(nvarchar|varbinary)/.test(sqlType);
}

function primaryKeyClause({ primaryKey, primaryKeyName, temporary }: NewTable): string {
  // Names of constraints on temporary tables would collide with those of other sessions.
  const constraint = temporary ? "" : `CONSTRAINT ${quoteName(primaryKeyName)} `;
  return `${constraint}PRIMARY KEY CLUSTERED (${list(primaryKey)})`;
}

function keyIndex({ reference, primaryKey, primaryKeyName }: NewTable): string {
  return `CREATE INDEX ${quoteName(primaryKeyName)} ON ${reference} (${list(primaryKey)})`;
}

function noteKey(reference: string, key: readonly string[]): string {
  const [schema, table] = objectNames(reference);
  return `EXEC sys.sp_addextendedproperty @name = N'${KEY_PROPERTY}', @value = ${quoteLiteral(JSON.stringify(key))},
  @level0type = N'SCHEMA', @level0name = ${schema}, @level1type = N'TABLE', @level1name = ${table}`;
}

export function addColumn(reference: string, column: NewColumn): readonly string[] {
  return [
    `ALTER TABLE ${reference} ADD ${columnClause(column)}`,
    ...(column.mark === undefined ? [] : marks(reference, [column])),
  ];
}

/** Drops the column and gives its name to another. */
export function exchangeColumn(reference: string, from: string, column: NewColumn): readonly string[] {
  const path = quoteLiteral(`${reference}.${quoteName(from)}`);
  const rename = isTemporary(reference) ? "tempdb.sys.sp_rename" : "sys.sp_rename";
  return [
    `ALTER TABLE ${reference} DROP COLUMN ${quoteName(column.name)}`,
    `EXEC ${rename} ${path}, ${quoteLiteral(column.name)}, N'COLUMN'`,
    `ALTER TABLE ${reference} ALTER COLUMN ${columnClause(column)}`,
    ...marks(reference, [column]),
  ];
}

export function dropTable(reference: string): readonly string[] {
  return [`DROP TABLE IF EXISTS ${reference}`];
}

/** `name type [IDENTITY] [NOT NULL]`, nullability always said: its default depends on settings. */
export function columnClause({ name, sqlType, required, identity }: NewColumn): string {
  const counting = identity === true ? " IDENTITY(1,1)" : "";
  return `${quoteName(name)} ${sqlType}${counting} ${required || identity === true ? "NOT NULL" : "NULL"}`;
}

/** Temporary tables live in a database of their own. */
export function isTemporary(reference: string): boolean {
  return reference.startsWith("[#");
}

/** The statements that note the types of columns, or take the notes away. Temporary tables are not looked at again. */
export function marks(reference: string, columns: readonly NewColumn[]): string[] {
  return isTemporary(reference) ? [] : columns.map((column) => mark(reference, column));
}

/** Notes the type with a column, or takes the note away. */
function mark(reference: string, { name, mark: noted }: NewColumn): string {
  const [schema, table] = objectNames(reference);
  const column = quoteLiteral(name);
  const place = `@level0type = N'SCHEMA', @level0name = ${schema}, @level1type = N'TABLE', @level1name = ${table},
    @level2type = N'COLUMN', @level2name = ${column}`;
  const there = `EXISTS (
  SELECT 1 FROM sys.extended_properties AS p
  JOIN sys.columns AS c ON c.object_id = p.major_id AND c.column_id = p.minor_id
  WHERE p.class = 1 AND p.name = N'${TYPE_PROPERTY}' AND c.name = ${column} AND p.major_id = OBJECT_ID(${quoteLiteral(reference)})
)`;
  const property = `@name = N'${TYPE_PROPERTY}'`;
  if (noted === undefined) return `IF ${there}\n  EXEC sys.sp_dropextendedproperty ${property}, ${place}`;
  const value = `@value = ${quoteLiteral(noted)}`;
  return `IF ${there}
  EXEC sys.sp_updateextendedproperty ${property}, ${value}, ${place}
ELSE
  EXEC sys.sp_addextendedproperty ${property}, ${value}, ${place}`;
}

function objectNames(reference: string): readonly [schema: string, table: string] {
  const [schema = "dbo", table = ""] = splitName(reference);
  return [quoteLiteral(schema), quoteLiteral(table)];
}

function list(names: readonly string[]): string {
  return names.map(quoteName).join(", ");
}
