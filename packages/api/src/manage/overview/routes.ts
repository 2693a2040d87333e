import { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { PageQuery } from "../../server/page.ts";
import { listErrors } from "../errors/queries.ts";
import { ErrorsPage, ErrorsQuery } from "../errors/schemas.ts";
import { Name } from "../shared/names.ts";
import { attention, needingAttention } from "./attention.ts";
import { RunCalendar } from "./calendar.ts";
import { coverage } from "./coverage.ts";
import { Fires } from "./fires.ts";
import { freshness } from "./freshness.ts";
import { pageOfNames } from "./page-of-names.ts";
import { type JudgedPipeline, judgedPipelines } from "./pipeline-states.ts";
import { Recent } from "./recent.ts";
import { running } from "./running.ts";
import { schemaDrift } from "./schema-drift.ts";
import * as answers from "./schemas.ts";
import { strips } from "./strips.ts";
import { summary } from "./summary.ts";
import { lanes, load } from "./timeline.ts";
import { volume } from "./volume.ts";

const HOUR_MS = 3_600_000;
/** Longest look back and ahead. */
const HOURS = 48;

const GroupPage = PageQuery.extend({ group: Name.optional().describe("Only pipelines of this group.") });
const Hours = z.coerce.number().min(1).max(HOURS).default(6);
const VolumeQuery = z.object({
  pipeline: Name.optional(),
  table: Name.optional().describe("Together with `pipeline`."),
  limit: z.coerce.number().int().min(1).max(100).default(24).describe("Tables."),
  points: z.coerce.number().int().min(1).max(200).default(30).describe("Runs of each table."),
});
const TimelineQuery = GroupPage.extend({
  back: Hours.describe("Hours back."),
  ahead: Hours.describe("Hours ahead."),
});
const CalendarQuery = z.object({
  pipeline: Name.optional().describe("Absent: all pipelines."),
  days: z.coerce.number().int().min(1).max(750).default(371).describe("Days back, with today."),
});
const OfPipeline = PageQuery.extend({ pipeline: Name });
const OfOnePipeline = PageQuery.extend({ pipeline: Name.optional() });

/** What the Home page shows, widget by widget. Answers that are the same for all are at most two seconds old. */
export const overviewRoutes: ApiRoutes = (server, context) => {
  const view = new OverviewView(context);
  const { pool } = context;
  server.get("/overview", route("getOverview", "How all pipelines do", { 200: answers.Overview }), () =>
    view.recent("summary", async () => summary(pool, await view.pipelines(), view.now())),
  );
  server.get(
    "/overview/attention",
    route(
      "listAttention",
      "Pipelines that fail, are late or refuse rows",
      { 200: answers.Attention },
      GroupPage,
    ),
    ({ query }) =>
      view.recent(
        "attention",
        async () => {
          const all = await needingAttention(pool, await view.pipelines(query.group));
          const { shown, next } = pageOfNames(all, query);
          return { items: await attention(pool, shown), ...next };
        },
        query,
      ),
  );
  server.get(
    "/overview/strips",
    route("listStrips", "The last 30 runs of each pipeline", { 200: answers.Strips }, GroupPage),
    ({ query }) =>
      view.recent(
        "strips",
        async () => {
          const { shown, next } = pageOfNames(await view.pipelines(query.group), query);
          return {
            items: await strips(pool, { pipelines: shown, fires: view.fires, now: view.now() }),
            ...next,
          };
        },
        query,
      ),
  );
  server.get(
    "/overview/freshness",
    route("listFreshness", "How old the data of each table are", { 200: answers.Freshness }, GroupPage),
    ({ query }) =>
      view.recent(
        "freshness",
        async () => {
          const now = view.now();
          const items = await freshness(pool, await view.pipelines(query.group), now);
          const named = items.map((item) => ({ ...item, name: `${item.pipeline}\n${item.table}` }));
          const { shown, next } = pageOfNames(named, query);
          return {
            at: new Date(now).toISOString(),
            items: shown.map(({ name: _name, ...item }) => item),
            ...next,
          };
        },
        query,
      ),
  );
  server.get(
    "/overview/volume",
    route(
      "listVolume",
      "Rows of the last runs within what is usual on that weekday",
      { 200: answers.Volume },
      VolumeQuery,
    ),
    ({ query }) => view.recent("volume", () => volume(pool, query, view.now()), query),
  );
  server.get(
    "/overview/timeline",
    route("getTimeline", "What ran, and what comes", { 200: answers.Timeline }, TimelineQuery),
    ({ query }) => view.recent("timeline", () => view.timeline(query), query),
  );
  server.get(
    "/overview/running",
    route(
      "listRunning",
      "Runs that go on now",
      { 200: answers.Running },
      z.object({ limit: PageQuery.shape.limit }),
    ),
    ({ query }) =>
      view.recent(
        "running",
        async () => ({ at: new Date(view.now()).toISOString(), items: await running(pool, query.limit) }),
        query,
      ),
  );
  server.get(
    "/overview/errors",
    route("listErrorGroups", "Errors by fingerprint, as /errors has them", { 200: ErrorsPage }, ErrorsQuery),
    ({ query }) => view.recent("errors", () => listErrors(pool, query), query),
  );
  server.get(
    "/overview/calendar",
    route("getCalendar", "Runs per day and outcome", { 200: answers.Calendar }, CalendarQuery),
    ({ query }) =>
      view.recent("calendar", () => view.calendar.days(query.pipeline, query.days, view.now()), query),
  );
  server.get(
    "/overview/coverage",
    route("getCoverage", "Which partitions of a pipeline are there", { 200: answers.Coverage }, OfPipeline),
    ({ query }) => coverage(pool, query),
  );
  server.get(
    "/overview/schema-drift",
    route("listSchemaDrift", "Changes of tables, newest first", { 200: answers.SchemaDrift }, OfOnePipeline),
    ({ query }) => schemaDrift(pool, query),
  );
};

/** What all routes of the overview say of themselves. */
function route<R extends Readonly<Record<number, z.ZodType>>, Q extends z.ZodType = z.ZodType<unknown>>(
  operationId: string,
  summaryText: string,
  response: R,
  querystring?: Q,
) {
  return {
    schema: {
      operationId,
      summary: summaryText,
      tags: ["Overview"],
      response,
      ...(querystring === undefined ? {} : { querystring }),
    } as { operationId: string; summary: string; tags: string[]; response: R; querystring: Q },
    config: { role: "viewer" as const },
  };
}

/** What the widgets share. */
class OverviewView {
  readonly fires: Fires;
  readonly calendar: RunCalendar;
  readonly #context: ApiContext;
  readonly #recent: Recent;

  constructor(context: ApiContext) {
    this.#context = context;
    this.fires = new Fires(context.operations);
    this.calendar = new RunCalendar(context.pool);
    this.#recent = new Recent(context.clock);
  }

  now(): number {
    return this.#context.clock.now();
  }

  /** An answer that is the same for all who ask for the same. */
  recent<T>(widget: string, find: () => Promise<T>, query: object = {}): Promise<T> {
    return this.#recent.get(`${widget} ${JSON.stringify(query)}`, find);
  }

  /** All pipelines, or those of a group, by name. */
  async pipelines(group?: string): Promise<JudgedPipeline[]> {
    const all = await this.#recent.get("pipelines", () =>
      judgedPipelines(this.#context.pool, this.fires, this.now()),
    );
    return group === undefined ? all : all.filter((pipeline) => pipeline.group === group);
  }

  async timeline(query: z.output<typeof TimelineQuery>): Promise<z.infer<typeof answers.Timeline>> {
    const now = this.now();
    const from = now - query.back * HOUR_MS;
    const to = now + query.ahead * HOUR_MS;
    const pipelines = await this.pipelines(query.group);
    const { shown, next } = pageOfNames(pipelines, query);
    const { pool } = this.#context;
    const [items, together] = await Promise.all([
      lanes(pool, this.fires, { pipelines: shown, from, now, to }),
      load(pool, { pipelines, from, now, to }, this.fires),
    ]);
    const iso = (ms: number): string => new Date(ms).toISOString();
    return { from: iso(from), now: iso(now), to: iso(to), ...together, items, ...next };
  }
}
