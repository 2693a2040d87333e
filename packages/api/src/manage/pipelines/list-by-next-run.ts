import type { Schedule } from "@millrace/core";
import type { ApiContext } from "../../server/api-context.ts";
import { nextRun } from "../shared/next-run.ts";
import { PIPELINE_STATE } from "../shared/pipeline-state-sql.ts";
import { pipelineConditions, type PipelinesFilter } from "./conditions.ts";
import { LAST_RUN } from "./item-sql.ts";
import type { SortPlace } from "./place.ts";

/** The names of a page in the order of their next runs, which PostgreSQL does not know. */
export async function namesByNextRun(
  context: Pick<ApiContext, "pool" | "operations" | "clock">,
  query: PipelinesFilter,
  after: SortPlace | undefined,
): Promise<{ readonly names: readonly string[]; readonly next: SortPlace | undefined }> {
  const where = pipelineConditions(query);
  const { rows } = await context.pool.query<{ name: string; schedule: Schedule | null; state: string }>(
    `SELECT known.name, known.schedule, ${PIPELINE_STATE} AS state FROM millrace_control.pipelines AS known ${LAST_RUN}
     WHERE ${where.sql}`,
    where.values,
  );
  const behind = comparing(query.order);
  const places = rows
    .map(({ name, schedule, state }): SortPlace => {
      const next = schedule === null || state !== "enabled" ? undefined : nextRun(context, schedule);
      return [next ?? null, name];
    })
    .filter((place) => after === undefined || behind(place, after) > 0)
    .toSorted(behind);
  const page = places.slice(0, query.limit);
  return {
    names: page.map(([, name]) => name),
    next: places.length > query.limit ? page.at(-1) : undefined,
  };
}

/** Those without a next run are last either way, and what is equal is in the order of the names. */
function comparing(order: "asc" | "desc"): (a: SortPlace, b: SortPlace) => number {
  const sign = order === "asc" ? 1 : -1;
  return ([a, aName], [b, bName]) => {
    if (a === b) return aName < bName ? -1 : aName > bName ? 1 : 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    return a < b ? -sign : sign;
  };
}
