import type pg from "pg";
import type { z } from "zod";
import { containsPattern } from "../shared/contains-pattern.ts";
import { type PageRow, pageText } from "../shared/page-text.ts";
import { runCursor } from "../shared/run-cursor.ts";
import { RUN_ITEM, RUNS } from "../shared/run-item-sql.ts";
import { Where } from "../shared/where.ts";
import type { RunsQuery } from "./schemas.ts";

/** Which runs are wanted. */
export type RunsFilter = Pick<z.output<typeof RunsQuery>, "limit"> & Partial<z.output<typeof RunsQuery>>;

/** A page of runs as JSON text, newest first: by their ids, which are in the order in which they were asked for. */
export async function listRuns(pool: pg.Pool, query: RunsFilter): Promise<string> {
  const { text, values } = listRunsSql(query);
  const { rows } = await pool.query<PageRow>(text, values);
  return pageText(rows, query.limit);
}

/** The statement of a page: rows of `PageRow`, one more than the page has where there is a further one. */
export function listRunsSql(query: RunsFilter): { readonly text: string; readonly values: unknown[] } {
  const where = new Where();
  const found = foundIds(where, query);
  const text = `SELECT run.id AS key, ${RUN_ITEM}::text AS item FROM (${found}) AS found JOIN ${RUNS} ON run.id = found.id
    ORDER BY run.id DESC`;
  return { text, values: where.values };
}

/** SQL of the ids of a page and one more. @param where takes the values in */
function foundIds(where: Where, query: RunsFilter): string {
  addConditions(where, query);
  const names = wantedNames(where, query);
  const last = `ORDER BY id DESC LIMIT ${where.value(query.limit + 1)}`;
  if (names === undefined)
    return `SELECT run.id FROM millrace_control.runs AS run WHERE run.kind = 'pipeline' AND ${where.sql} ${last}`;
  // By pipeline each index gives its newest: what others have run since is not passed over.
  const byName = `
    SELECT newest.id FROM (${names}) AS wanted CROSS JOIN LATERAL (
      SELECT run.id FROM millrace_control.runs AS run WHERE run.pipeline = wanted.name AND ${where.sql} ${last}) AS newest
    ${last}`;
  const byId = idRange(where, query);
  if (byId === undefined) return byName;
  return `(${byName}) UNION (SELECT run.id FROM millrace_control.runs AS run WHERE run.kind = 'pipeline' AND ${byId}
    AND ${where.sql} ${last}) ${last}`;
}

function addConditions(where: Where, query: RunsFilter): void {
  where.add("run.id < ?", runCursor(query.after));
  addOneOf(where, "run.status", query.status);
  addOneOf(where, "run.trigger", query.trigger);
  where.add("run.worker = ?::uuid", query.worker);
  where.add("run.backfill = ?::uuid", query.backfill);
  where.add("run.id >= ?::uuid", query.from === undefined ? undefined : firstIdAt(query.from));
  where.add("run.id < ?::uuid", query.to === undefined ? undefined : firstIdAt(query.to));
}

/** A single value is compared by `=`: only then does an index that begins with the column give the order of the rest. */
function addOneOf(where: Where, column: string, values: readonly string[] | undefined): void {
  if (values?.length === 1) where.add(`${column} = ?`, values[0]);
  else where.add(`${column} = ANY (?::text[])`, values);
}

/** SQL of the names of pipelines whose runs are wanted; undefined: all of them. */
function wantedNames(where: Where, { pipeline, group, search }: RunsFilter): string | undefined {
  if (pipeline === undefined && group === undefined && search === undefined) return undefined;
  const conditions = new Where();
  // Those of tasks are called so, and no pipeline can be.
  conditions.always("name NOT LIKE 'task:%'");
  const place = (value: unknown): string => where.value(value);
  if (group !== undefined)
    conditions.always(
      `name IN (SELECT name FROM millrace_control.pipelines WHERE group_name = ${place(group)})`,
    );
  if (search !== undefined) conditions.always(`name ILIKE ${place(containsPattern(search))}`);
  const all =
    pipeline !== undefined
      ? `SELECT DISTINCT unnest(${place(pipeline)}::text[]) AS name`
      : group !== undefined
        ? "SELECT name FROM millrace_control.pipelines"
        : NAMES;
  return `SELECT name FROM (${all}) AS known WHERE ${conditions.sql}`;
}

/** Every pipeline that has runs, also those that are not registered: one look into the index for each. */
const NAMES = `
  WITH RECURSIVE named AS (
    (SELECT pipeline AS name FROM millrace_control.runs ORDER BY pipeline LIMIT 1)
    UNION ALL
    SELECT (SELECT run.pipeline FROM millrace_control.runs AS run WHERE run.pipeline > named.name ORDER BY run.pipeline LIMIT 1)
    FROM named WHERE named.name IS NOT NULL
  ) SELECT name FROM named WHERE name IS NOT NULL`;

/** Condition on the id where `search` may be the first digits of one; undefined where it is none. */
function idRange(where: Where, { search, pipeline, group }: RunsFilter): string | undefined {
  if (search === undefined || pipeline !== undefined || group !== undefined) return undefined;
  const digits = search.toLowerCase().replaceAll("-", "");
  if (!/^[\da-f]{4,32}$/.test(digits)) return undefined;
  return `run.id BETWEEN ${where.value(uuidOf(digits.padEnd(32, "0")))}::uuid AND ${where.value(uuidOf(digits.padEnd(32, "f")))}::uuid`;
}

/** The lowest id that a run could have been given at this time. */
function firstIdAt(instant: string): string {
  const ms = Math.min(Math.max(0, Date.parse(instant)), 0xffff_ffff_ffff);
  return uuidOf(ms.toString(16).padStart(12, "0").padEnd(32, "0"));
}

function uuidOf(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
