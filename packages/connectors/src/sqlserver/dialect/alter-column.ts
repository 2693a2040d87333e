import type { NewColumn } from "../../shared/relational/index.ts";
import { quoteLiteral } from "../quote.ts";
import { columnClause, isPaddedType, isTemporary, marks } from "./ddl.ts";
import { KEY_PROPERTY } from "./describe.ts";

/**
 * Gives a column another type. SQL Server refuses that where the primary key or an index has the column, so these are
 * dropped before and made again after it, in one batch and transaction. A primary key that becomes text gets an index
 * without UNIQUE, as `createTable` gives it.
 */
export function alterColumn(reference: string, column: NewColumn): readonly string[] {
  const temporary = isTemporary(reference);
  const catalog = temporary ? "tempdb.sys" : "sys";
  const object = quoteLiteral(reference);
  const padded = isPaddedType(column.sqlType);
  const found = { catalog, object, column: column.name };
  const noteKey = padded && !temporary;
  const statement = [
    `DECLARE @object int = OBJECT_ID(${temporary ? quoteLiteral(`tempdb..${reference}`) : object})`,
    `DECLARE @drop nvarchar(max) = ${dropIndexes(found)}`,
    `DECLARE @create nvarchar(max) = ${createIndexes(found, padded)}`,
    ...(noteKey ? [`DECLARE @key nvarchar(max) = ${keyNames(found)}`] : []),
    "IF @drop IS NOT NULL EXEC (@drop)",
    `ALTER TABLE ${reference} ALTER COLUMN ${columnClause(column)}`,
    "IF @create IS NOT NULL EXEC (@create)",
    ...(noteKey ? [NOTE_KEY] : []),
  ];
  return [statement.join(";\n"), ...marks(reference, [column])];
}

interface Found {
  readonly catalog: string;
  /** The table as a literal. */
  readonly object: string;
  readonly column: string;
}

/** Rows as one text; what STRING_AGG does since SQL Server 2017. */
const AS_TEXT = "FOR XML PATH(N''), TYPE).value(N'.', N'nvarchar(max)')";

/** The indexes `i` that have the column. */
function indexesWith({ catalog, column }: Found): string {
  return `FROM ${catalog}.indexes AS i
  WHERE i.object_id = @object AND i.type IN (1, 2) AND EXISTS (
    SELECT 1 FROM ${catalog}.index_columns AS k
    JOIN ${catalog}.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
    WHERE k.object_id = i.object_id AND k.index_id = i.index_id AND c.name = ${quoteLiteral(column)})`;
}

/** The columns of index `i` as a list, each as `text` says. */
function columnsOf({ catalog }: Found, text: string, included: 0 | 1 = 0): string {
  return `STUFF((
    SELECT N',' + ${text}
    FROM ${catalog}.index_columns AS k
    JOIN ${catalog}.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
    WHERE k.object_id = i.object_id AND k.index_id = i.index_id AND k.is_included_column = ${included}
    ORDER BY k.key_ordinal, k.index_column_id
    ${AS_TEXT}, 1, 1, N'')`;
}

function dropIndexes(found: Found): string {
  return `(
  SELECT CASE WHEN i.is_primary_key = 1 OR i.is_unique_constraint = 1
    THEN N'ALTER TABLE ' + ${found.object} + N' DROP CONSTRAINT ' + QUOTENAME(i.name) + N';'
    ELSE N'DROP INDEX ' + QUOTENAME(i.name) + N' ON ' + ${found.object} + N';' END
  ${indexesWith(found)}
  ORDER BY i.index_id DESC
  ${AS_TEXT}`;
}

function createIndexes(found: Found, padded: boolean): string {
  const index = `QUOTENAME(i.name) + N' ON ' + ${found.object}`;
  const constraint = (kind: string): string =>
    `N'ALTER TABLE ' + ${found.object} + N' ADD CONSTRAINT ' + QUOTENAME(i.name) + N' ${kind} ' + i.type_desc`;
  const key = columnsOf(
    found,
    "QUOTENAME(c.name) + CASE WHEN k.is_descending_key = 1 THEN N' DESC' ELSE N'' END",
  );
  return `(
  SELECT CASE
    WHEN i.is_primary_key = 1 THEN ${padded ? `N'CREATE INDEX ' + ${index}` : constraint("PRIMARY KEY")}
    WHEN i.is_unique_constraint = 1 THEN ${constraint("UNIQUE")}
    ELSE N'CREATE ' + CASE WHEN i.is_unique = 1 THEN N'UNIQUE ' ELSE N'' END + i.type_desc + N' INDEX ' + ${index} END
  + N' (' + ${key} + N')'
  + COALESCE(N' INCLUDE (' + ${columnsOf(found, "QUOTENAME(c.name)", 1)} + N')', N'')
  + COALESCE(N' WHERE ' + i.filter_definition, N'') + N';'
  ${indexesWith(found)}
  ORDER BY i.index_id
  ${AS_TEXT}`;
}

/** The columns of the primary key, where it has the column, as JSON. */
function keyNames(found: Found): string {
  const names = columnsOf(found, `N'"' + STRING_ESCAPE(c.name, N'json') + N'"'`);
  return `(SELECT N'[' + ${names} + N']' ${indexesWith(found)} AND i.is_primary_key = 1)`;
}

const NOTE_KEY = `IF @key IS NOT NULL
BEGIN
  DECLARE @schema sysname = OBJECT_SCHEMA_NAME(@object), @table sysname = OBJECT_NAME(@object);
  EXEC sys.sp_addextendedproperty @name = N'${KEY_PROPERTY}', @value = @key,
    @level0type = N'SCHEMA', @level0name = @schema, @level1type = N'TABLE', @level1name = @table;
END`;
