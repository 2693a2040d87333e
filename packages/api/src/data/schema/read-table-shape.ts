import { suffixIdentifier } from "@millrace/core";
import type { Queryable } from "../rows/queryable.ts";
import { columnKind } from "./column-kind.ts";
import type { ShapeColumn, TableShape } from "./table-shape.ts";

/** Where a table is. */
export interface TablePlace {
  readonly namespace: string;
  readonly table: string;
}

/** Bytes that PostgreSQL keeps of a name. */
const NAME_BYTES = 63;

/** Name of the table that keeps the old versions of a table's rows. */
function historyTable(table: string): string {
  return suffixIdentifier(table, "__history", NAME_BYTES);
}

/** Reads what a table looks like now; undefined where there is none. */
export async function readTableShape(client: Queryable, place: TablePlace): Promise<TableShape | undefined> {
  return (await readTableShapes(client, [place]))[0];
}

/** Reads what tables look like now, each undefined where there is none. */
export async function readTableShapes(
  client: Queryable,
  places: readonly TablePlace[],
): Promise<readonly (TableShape | undefined)[]> {
  const asked = places.flatMap(({ namespace, table }) => [
    { namespace, table },
    { namespace, table: historyTable(table) },
  ]);
  const found = await client.query<RelationRow>(RELATIONS, [
    asked.map(({ namespace }) => namespace),
    asked.map(({ table }) => table),
  ]);
  const relations = new Map(found.rows.map((row) => [placeKey(row), row]));
  const definitions = await readDefinitions(client, places);
  return places.map((place) => {
    const relation = relations.get(placeKey(place));
    if (relation === undefined) return undefined;
    const history = relations.get(placeKey({ ...place, table: historyTable(place.table) }));
    return shapeOf(relation, history, definitions.get(placeKey(place)));
  });
}

interface ColumnRow {
  readonly name: string;
  readonly kind: string;
  readonly array: boolean;
  readonly type: string;
  readonly required: boolean;
}

interface RelationRow extends TablePlace {
  readonly relkind: string;
  readonly columns: readonly ColumnRow[];
  readonly primary_key: readonly string[];
}

interface Definition {
  readonly mode: string;
  readonly key: readonly string[];
}

const RELATIONS = `
SELECT n.nspname AS namespace, c.relname AS table, c.relkind::text,
  (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'kind', coalesce(e.typname, t.typname), 'array', e.oid IS NOT NULL,
      'type', format_type(a.atttypid, NULL), 'required', a.attnotnull) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place) AS primary_key
FROM unnest($1::text[], $2::text[]) AS asked (namespace, name)
JOIN pg_catalog.pg_namespace n ON n.nspname = asked.namespace
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

const DEFINITIONS = `
SELECT table_schema AS namespace, table_name AS table, min(mode) AS mode, (array_agg(definition->'key'))[1] AS key
FROM millrace.tables JOIN unnest($1::text[], $2::text[]) AS asked (namespace, name)
  ON table_schema = asked.namespace AND table_name = asked.name
GROUP BY table_schema, table_name`;

async function readDefinitions(
  client: Queryable,
  places: readonly TablePlace[],
): Promise<ReadonlyMap<string, Definition>> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('millrace.tables') IS NOT NULL AS there",
  );
  if (rows[0]?.there !== true) return new Map();
  const found = await client.query<Definition & TablePlace>(DEFINITIONS, [
    places.map(({ namespace }) => namespace),
    places.map(({ table }) => table),
  ]);
  return new Map(found.rows.map((row) => [placeKey(row), row]));
}

function shapeOf(
  relation: RelationRow,
  history: RelationRow | undefined,
  definition: Definition | undefined,
): TableShape {
  const columns = new Map(relation.columns.map((row) => [row.name, columnOf(row)]));
  const key = relation.primary_key.length > 0 ? relation.primary_key : (definition?.key ?? []);
  return {
    namespace: relation.namespace,
    table: relation.table,
    columns,
    key: key.every((name) => columns.get(name)?.nullable === false) ? key : [],
    mode: definition?.mode ?? null,
    history:
      history === undefined || !keepsVersions(history) || !columns.has("_loaded_at")
        ? undefined
        : { table: history.table, columns: new Set(history.columns.map(({ name }) => name)) },
    view: relation.relkind === "v",
  };
}

/** Columns that Millrace adds to those of its users. */
const OWN_COLUMNS: ReadonlySet<string> = new Set(["_row_hash", "_run_id", "_loaded_at"]);
const VERSION_COLUMNS = ["_version", "_operation", "_changed", "_archived_at", "_archived_run"];

function keepsVersions(history: RelationRow): boolean {
  const names = new Set(history.columns.map(({ name }) => name));
  return VERSION_COLUMNS.every((name) => names.has(name));
}

function columnOf({ name, kind, array, type, required }: ColumnRow): ShapeColumn {
  return {
    name,
    kind: columnKind(kind),
    array,
    // Without a length, "character" would mean one character.
    sqlType: type === "character" ? "text" : type,
    nullable: !required,
    own: OWN_COLUMNS.has(name),
  };
}

function placeKey({ namespace, table }: TablePlace): string {
  return JSON.stringify([namespace, table]);
}
