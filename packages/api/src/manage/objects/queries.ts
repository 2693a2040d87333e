import type pg from "pg";
import type { z } from "zod";
import { badCursor } from "../shared/bad-cursor.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { Where } from "../shared/where.ts";
import type { ObjectItem, ObjectsPage, ObjectsQuery } from "./schemas.ts";

type Query = z.output<typeof ObjectsQuery>;
type Page = z.output<typeof ObjectsPage>;

/** A name and who uses it, with how. */
interface UsesRow {
  readonly name: string;
  readonly pipeline: string;
  readonly items: z.output<typeof ObjectItem>[];
}

/** A page of what runs touched, by name. */
export async function listObjects(pool: pg.Pool, query: Query): Promise<Page> {
  if (query.pipeline !== undefined) return ofPipeline(pool, query, query.pipeline);
  const where = new Where();
  const use = new Where(where.values);
  addName(use, query.name);
  const { name } = splitName(query.name);
  const wanted = name === undefined ? "true" : `lower(object.name) = lower(${where.value(name)})`;
  const after = query.after === undefined ? undefined : placeOf(query.after);
  const first =
    after === undefined
      ? wanted
      : `${wanted} AND ${PAIR} > (${where.value(after[0])}, ${where.value(after[1])})`;
  const limit = where.value(query.limit + 1);
  const { rows } = await pool.query<UsesRow>(
    // One look into the index for each name and pipeline, however many runs there are.
    `WITH RECURSIVE pairs AS (
       (SELECT lower(object.name) AS name, object.pipeline FROM ${OBJECTS} WHERE ${first} ORDER BY ${ORDER} LIMIT 1)
       UNION ALL
       SELECT next.name, next.pipeline FROM pairs CROSS JOIN LATERAL (
         SELECT lower(object.name) AS name, object.pipeline FROM ${OBJECTS}
         WHERE ${PAIR} > (pairs.name, pairs.pipeline) AND ${wanted} ORDER BY ${ORDER} LIMIT 1) AS next
     ), page AS (SELECT name, pipeline FROM pairs LIMIT ${limit})
     SELECT page.name, page.pipeline, ${usesSql(`SELECT * FROM (SELECT object.* FROM ${OBJECTS}
       WHERE lower(object.name) = page.name AND object.pipeline = page.pipeline ORDER BY object.at DESC LIMIT ${USES}) AS object
       WHERE ${use.sql}`)} AS items
     FROM page ORDER BY page.name, page.pipeline`,
    where.values,
  );
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const next = rows.length > query.limit && last !== undefined ? [last.name, last.pipeline] : undefined;
  return {
    items: shown.flatMap(({ items }) => items),
    ...(next === undefined ? {} : { next: JSON.stringify(next) }),
  };
}

async function ofPipeline(pool: pg.Pool, query: Query, pipeline: string): Promise<Page> {
  const where = new Where();
  const given = where.value(pipeline);
  addName(where, query.name);
  const { rows } = await pool.query<Pick<UsesRow, "items">>(
    `SELECT ${usesSql(`SELECT object.* FROM (SELECT id FROM millrace_control.runs WHERE pipeline = ${given}
       ORDER BY id DESC LIMIT ${RUNS}) AS run JOIN ${OBJECTS} ON object.run = run.id WHERE ${where.sql}`)} AS items`,
    where.values,
  );
  return { items: rows[0]?.items ?? [] };
}

/** Uses of a name by a pipeline that are looked at, the last ones. */
const USES = 20;
const RUNS = 30;
const OBJECTS = "millrace_control.run_objects AS object";
const PAIR = "(lower(object.name), object.pipeline)";
const ORDER = "lower(object.name), object.pipeline";

/** SQL of entries, as JSON. @param uses statement of rows of `run_objects` */
function usesSql(uses: string): string {
  return `(SELECT coalesce(json_agg(item), '[]') FROM (
    SELECT database, kind, nullif(namespace, '') AS namespace, name, use, pipeline, count(DISTINCT run) AS runs,
      (array_agg(run ORDER BY at DESC, run DESC))[1] AS "lastRun", ${instantSql("max(at)")} AS "lastAt"
    FROM (${uses}) AS used GROUP BY database, kind, namespace, name, use, pipeline
    ORDER BY lower(name), pipeline, database, namespace, kind, use) AS item)`;
}

/** Who writes without saying the schema may mean the one that was asked for. */
function addName(where: Where, text: string | undefined): void {
  const { name, namespace } = splitName(text);
  where.add("lower(object.name) = lower(?)", name);
  where.add(
    "(object.namespace = '' OR lower(object.namespace) = lower(?) OR right(lower(object.namespace), length(?) + 1) = '.' || lower(?))",
    namespace,
  );
}

/** `sales.orders` is `orders` in schema `sales`; of a name with more parts the last two count. */
function splitName(text: string | undefined): { name?: string; namespace?: string } {
  const parts = text?.split(".") ?? [];
  const [namespace, name] = [parts.at(-2), parts.at(-1)];
  if (text === undefined || text === "") return {};
  if (name === undefined || name === "" || namespace === undefined || namespace === "") return { name: text };
  return { name, namespace };
}

function placeOf(after: string): readonly [string, string] {
  let place: unknown;
  try {
    place = JSON.parse(after);
  } catch {
    throw badCursor(after);
  }
  const [name, pipeline] = Array.isArray(place) ? (place as readonly unknown[]) : [];
  if (typeof name !== "string" || typeof pipeline !== "string" || `${name}${pipeline}`.includes("\0"))
    throw badCursor(after);
  return [name, pipeline];
}
