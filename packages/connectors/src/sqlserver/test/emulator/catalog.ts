/** Functions and tables that stand for what SQL Server has by itself. */
export const PRELUDE = `
CREATE SCHEMA IF NOT EXISTS emulated;
CREATE TABLE IF NOT EXISTS emulated.properties (object text, column_name text, name text, value text, PRIMARY KEY (object, column_name, name));
CREATE OR REPLACE FUNCTION public.datalength(anyelement) RETURNS int8 LANGUAGE sql IMMUTABLE AS 'SELECT octet_length($1::text)::int8 * 2';
CREATE OR REPLACE FUNCTION public.datalength(text) RETURNS int8 LANGUAGE sql IMMUTABLE AS 'SELECT octet_length($1)::int8 * 2';
CREATE OR REPLACE FUNCTION public.datalength(bpchar) RETURNS int8 LANGUAGE sql IMMUTABLE AS 'SELECT octet_length($1)::int8 * 2';
CREATE OR REPLACE FUNCTION public.stuff(text, int, int, text) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN $1 = '' THEN NULL ELSE $4 || substr($1, $2 + $3) END$$;
`;

/** What sys.columns says, by PostgreSQL's catalog. */
export const COLUMNS = `
SELECT CASE c.relkind WHEN 'v' THEN 'V' ELSE 'U' END AS object_type, a.attname::text AS column_name,
  CASE WHEN t.typname = 'numeric' AND a.atttypmod = 65540 THEN 'bit' ELSE CASE t.typname WHEN 'text' THEN 'nvarchar' WHEN 'bpchar' THEN 'nvarchar' WHEN 'bytea' THEN 'varbinary' WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'int'
    WHEN 'int8' THEN 'bigint' WHEN 'timestamptz' THEN 'datetimeoffset' WHEN 'timestamp' THEN 'datetime2'
    WHEN 'float8' THEN 'float' WHEN 'float4' THEN 'real' WHEN 'uuid' THEN 'uniqueidentifier' WHEN 'numeric' THEN 'decimal'
    ELSE t.typname END END AS type_name,
  -1 AS max_length,
  CASE WHEN t.typname = 'numeric' THEN ((a.atttypmod - 4) >> 16) & 65535 ELSE 0 END AS precision,
  CASE WHEN t.typname = 'numeric' THEN (a.atttypmod - 4) & 2047 WHEN t.typname ~ 'time' THEN 6 ELSE 0 END AS scale,
  NULL::text AS collation_name, NOT a.attnotnull AS is_nullable,
  (a.attidentity <> '' OR a.attgenerated <> '')::int AS is_generated, (a.atthasdef AND a.attgenerated = '')::int AS has_default,
  p.value AS mark
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN emulated.properties p ON p.object = $1 AND p.column_name = a.attname AND p.name = 'millrace_type'
WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'v', 'p') ORDER BY a.attnum`;

/** What sys.indexes and the noted key say. */
export const KEYS = `
SELECT i.indexrelid::int8 AS index_id, i.indisprimary AS is_primary_key, a.attname::text AS column_name, k.place::int AS key_ordinal, NULL::text AS noted_key
FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place), pg_attribute a
WHERE i.indrelid = to_regclass($1) AND a.attrelid = i.indrelid AND a.attnum = k.number AND i.indisunique AND i.indpred IS NULL
UNION ALL SELECT NULL, false, NULL, 0, value FROM emulated.properties WHERE object = $1 AND name = 'millrace_key'
ORDER BY 1, 4`;
