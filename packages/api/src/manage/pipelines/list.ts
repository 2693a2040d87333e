import type { Schedule } from "@millrace/core";
import type { ApiContext } from "../../server/api-context.ts";
import { badCursor } from "../shared/bad-cursor.ts";
import { PIPELINE_STATE } from "../shared/pipeline-state-sql.ts";
import type { Where } from "../shared/where.ts";
import { pipelineConditions, type PipelinesFilter } from "./conditions.ts";
import { LAST_RUN, PIPELINE_FIELDS } from "./item-sql.ts";
import { namesByNextRun } from "./list-by-next-run.ts";
import { placeOf, type SortPlace } from "./place.ts";
import { scheduleFields } from "./schedule-fields.ts";

type Context = Pick<ApiContext, "pool" | "operations" | "clock">;

/** A row of the list's statement. */
interface ListRow {
  /** The entry as JSON text, without what is made of the schedule. */
  readonly item: string;
  readonly name: string;
  readonly state: string;
  readonly schedule: Schedule | null;
  /** What the list is sorted by. */
  readonly place: string | null;
}

/** A page of pipelines as JSON text. */
export async function listPipelines(context: Context, query: PipelinesFilter): Promise<string> {
  const after = query.after === undefined ? undefined : placeOf(query.after);
  if (query.sort === "nextRun") {
    const { names, next } = await namesByNextRun(context, query, after);
    const { rows } = await context.pool.query<ListRow>(BY_NAME, [names]);
    return pageOf(context, rows, next);
  }
  const where = pipelineConditions(query);
  const sort = SORTS[query.sort];
  if (after !== undefined) addPlace(where, sort, query, after);
  const direction = query.order === "asc" ? "ASC" : "DESC NULLS LAST";
  const order = `ORDER BY ${sort.value} ${direction}, known.name`;
  // The page is found first, so that only its pipelines' runs are read.
  const asked = sort.value.startsWith("last.") || query.status !== undefined ? LAST_RUN : "";
  const page = `SELECT known.name FROM millrace_control.pipelines AS known ${asked} WHERE ${where.sql}
    ${order} LIMIT ${where.value(query.limit + 1)}`;
  const { rows } = await context.pool.query<ListRow>(
    `SELECT ${rowSql(sort.value)} FROM (${page}) AS page JOIN ${PIPELINES} USING (name) ${LAST_RUN} ${order}`,
    where.values,
  );
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return pageOf(context, shown, more ? [last.place, last.name] : undefined);
}

/** @param next where the next page begins; undefined: this is the last */
function pageOf(context: Context, rows: readonly ListRow[], next: SortPlace | undefined): string {
  const items = rows.map(({ item, schedule, state }) => {
    const fields = JSON.stringify(scheduleFields(context, schedule, state));
    return `${item.slice(0, -1)},${fields.slice(1)}`;
  });
  const cursor = next === undefined ? "" : `,"next":${JSON.stringify(JSON.stringify(next))}`;
  return `{"items":[${items.join(",")}]${cursor}}`;
}

const PIPELINES = "millrace_control.pipelines AS known";

function rowSql(place: string): string {
  return `known.name, ${PIPELINE_STATE} AS state, known.schedule, ${place}::text AS place,
    (SELECT row_to_json(item)::text FROM (SELECT ${PIPELINE_FIELDS}) AS item) AS item`;
}

const BY_NAME = `SELECT ${rowSql("NULL")} FROM unnest($1::text[]) WITH ORDINALITY AS page (name, number)
  JOIN ${PIPELINES} USING (name) ${LAST_RUN} ORDER BY page.number`;

interface Sort {
  readonly value: string;
  readonly type: "text" | "uuid" | "bigint";
}

const SORTS: Readonly<Record<Exclude<PipelinesFilter["sort"], "nextRun">, Sort>> = {
  name: { value: "known.name", type: "text" },
  group: { value: "known.group_name", type: "text" },
  // Ids are in the order in which runs were asked for.
  lastRun: { value: "last.id", type: "uuid" },
  duration: { value: "last.duration_ms", type: "bigint" },
  failures: { value: "known.failures", type: "bigint" },
};

const VALUES = { text: /^/, uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, bigint: /^\d{1,18}$/ } as const;

function addPlace(
  where: Where,
  sort: Sort,
  { order, after = "" }: PipelinesFilter,
  [at, name]: SortPlace,
): void {
  const { value, type } = sort;
  if (at !== null && !VALUES[type].test(at)) throw badCursor(after);
  const behind = order === "asc" ? ">" : "<";
  if (value === "known.name") return where.add(`known.name ${behind} ?`, name);
  const beyond = where.value(name);
  if (at === null) return where.always(`${value} IS NULL AND known.name > ${beyond}`);
  const place = `${where.value(at)}::${type}`;
  where.always(
    `(${value} ${behind} ${place} OR (${value} = ${place} AND known.name > ${beyond}) OR ${value} IS NULL)`,
  );
}
