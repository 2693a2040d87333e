import type { NewColumn } from "../../shared/relational/index.ts";
import { quoteLiteral } from "../quote.ts";
import { columnClause, isPaddedType, isTemporary, marks } from "./ddl.ts";
import { KEY_PROPERTY } from "./describe.ts";

/** The columns of index `i` that a condition chooses, as one text; FOR XML does what STRING_AGG does since 2017. */
function columnsOfIndex(options: {
  readonly catalog: string;
  readonly text: string;
  readonly included: 0 | 1;
  readonly separator: number;
}): string {
  return `STUFF((
        SELECT ${options.text}
        FROM ${options.catalog}.index_columns AS k
        JOIN ${options.catalog}.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
        WHERE k.object_id = i.object_id AND k.index_id = i.index_id AND k.is_included_column = ${options.included}
        ORDER BY k.key_ordinal, k.index_column_id
        FOR XML PATH(N''), TYPE).value(N'.', N'nvarchar(max)'), 1, ${options.separator}, N'')`;
}

/** The indexes that have the column. */
function indexesWith(catalog: string, column: string): string {
  return `FROM ${catalog}.indexes AS i
    WHERE i.object_id = @object AND i.type IN (1, 2) AND EXISTS (
      SELECT 1 FROM ${catalog}.index_columns AS k
      JOIN ${catalog}.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
      WHERE k.object_id = i.object_id AND k.index_id = i.index_id AND c.name = ${quoteLiteral(column)})
    ORDER BY i.index_id`;
}

/**
 * Gives a column another type. SQL Server refuses that where the primary key or an index has the column, so these are
 * dropped before and made again after it, in one batch and transaction. A primary key that becomes text gets an index
 * without UNIQUE, as `createTable` gives it.
 */
export function alterColumn(reference: string, column: NewColumn): readonly string[] {
  const object = quoteLiteral(reference);
  const padded = isPaddedType(column.sqlType) ? 1 : 0;
  const temporary = isTemporary(reference);
  const catalog = temporary ? "tempdb.sys" : "sys";
  const keys = columnsOfIndex({
    catalog,
    text: "N', ' + QUOTENAME(c.name) + CASE WHEN k.is_descending_key = 1 THEN N' DESC' ELSE N'' END",
    included: 0,
    separator: 2,
  });
  const included = columnsOfIndex({ catalog, text: "N', ' + QUOTENAME(c.name)", included: 1, separator: 2 });
  const names = columnsOfIndex({
    catalog,
    text: `N',"' + STRING_ESCAPE(c.name, N'json') + N'"'`,
    included: 0,
    separator: 1,
  });
  const statement = `DECLARE @object int = OBJECT_ID(${temporary ? quoteLiteral(`tempdb..${reference}`) : object});
DECLARE @drop nvarchar(max) = (
    SELECT CASE WHEN i.is_primary_key = 1 OR i.is_unique_constraint = 1
        THEN N'ALTER TABLE ' + ${object} + N' DROP CONSTRAINT ' + QUOTENAME(i.name) + N';'
        ELSE N'DROP INDEX ' + QUOTENAME(i.name) + N' ON ' + ${object} + N';' END
    ${indexesWith(catalog, column.name)} DESC FOR XML PATH(N''), TYPE).value(N'.', N'nvarchar(max)');
DECLARE @create nvarchar(max) = (
    SELECT CASE
        WHEN i.is_primary_key = 1 AND ${padded} = 1
        THEN N'CREATE INDEX ' + QUOTENAME(i.name) + N' ON ' + ${object}
        WHEN i.is_primary_key = 1 OR i.is_unique_constraint = 1
        THEN N'ALTER TABLE ' + ${object} + N' ADD CONSTRAINT ' + QUOTENAME(i.name)
          + CASE WHEN i.is_primary_key = 1 THEN N' PRIMARY KEY ' ELSE N' UNIQUE ' END + i.type_desc
        ELSE N'CREATE ' + CASE WHEN i.is_unique = 1 THEN N'UNIQUE ' ELSE N'' END + i.type_desc
          + N' INDEX ' + QUOTENAME(i.name) + N' ON ' + ${object} END
      + N' (' + ${keys} + N')'
      + COALESCE(N' INCLUDE (' + ${included} + N')', N'')
      + COALESCE(N' WHERE ' + i.filter_definition, N'') + N';'
    ${indexesWith(catalog, column.name)} FOR XML PATH(N''), TYPE).value(N'.', N'nvarchar(max)');
DECLARE @key nvarchar(max) = (
    SELECT N'[' + ${names} + N']' FROM ${catalog}.indexes AS i
    WHERE i.object_id = @object AND i.is_primary_key = 1 AND ${padded} = 1 AND EXISTS (
      SELECT 1 FROM ${catalog}.index_columns AS k
      JOIN ${catalog}.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
      WHERE k.object_id = i.object_id AND k.index_id = i.index_id AND c.name = ${quoteLiteral(column.name)}));
IF @drop IS NOT NULL EXEC (@drop);
ALTER TABLE ${reference} ALTER COLUMN ${columnClause(column)};
IF @create IS NOT NULL EXEC (@create);
IF @key IS NOT NULL${temporary ? " AND 1 = 0" : ""}
BEGIN
  DECLARE @schema sysname = OBJECT_SCHEMA_NAME(@object), @table sysname = OBJECT_NAME(@object);
  EXEC sys.sp_addextendedproperty @name = N'${KEY_PROPERTY}', @value = @key,
    @level0type = N'SCHEMA', @level0name = @schema, @level1type = N'TABLE', @level1name = @table;
END`;
  return [statement, ...marks(reference, [column])];
}
