import { MillraceError } from "@millrace/core";
import { z } from "zod";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { PageQuery } from "../../server/page.ts";
import * as answers from "./schemas.ts";

const Name = z.string().min(1).max(200);
const GroupPage = PageQuery.extend({ group: Name.optional().describe("Only pipelines of this group.") });
const Hours = z.coerce.number().min(1).max(48).default(6);

/** What the Home page shows, widget by widget. Answers are at most two seconds old. */
export const overviewRoutes: ApiRoutes = (server) => {
  const route = (operationId: string, summary: string, response: z.ZodType, querystring?: z.ZodType) => ({
    schema: {
      operationId,
      summary,
      tags: ["overview"],
      ...(querystring === undefined ? {} : { querystring }),
      response: { 200: response },
    },
    config: { role: "viewer" as const },
  });
  const later = (): never => {
    throw new MillraceError("MLR_INTERNAL", "not there yet");
  };
  server.get("/overview", route("getOverview", "How all pipelines do", answers.Overview), later);
  server.get(
    "/overview/attention",
    route("listAttention", "Pipelines that fail or are late", answers.Attention, GroupPage),
    later,
  );
  server.get(
    "/overview/strips",
    route("listStrips", "The last 30 runs of each pipeline", answers.Strips, GroupPage),
    later,
  );
  server.get(
    "/overview/freshness",
    route("listFreshness", "How old each table's data are", answers.Freshness, GroupPage),
    later,
  );
  server.get(
    "/overview/volume",
    route(
      "listVolume",
      "Rows of the last runs within what is usual on that weekday",
      answers.Volume,
      z.object({
        pipeline: Name.optional(),
        table: Name.optional(),
        limit: z.coerce.number().int().min(1).max(100).default(24).describe("Tables."),
        points: z.coerce.number().int().min(1).max(200).default(30).describe("Runs of each table."),
      }),
    ),
    later,
  );
  server.get(
    "/overview/timeline",
    route(
      "getTimeline",
      "What ran, and what comes",
      answers.Timeline,
      GroupPage.extend({ back: Hours.describe("Hours back."), ahead: Hours.describe("Hours ahead.") }),
    ),
    later,
  );
  server.get(
    "/overview/running",
    route("listRunning", "Runs that go on now", answers.Running, z.object({ limit: PageQuery.shape.limit })),
    later,
  );
  server.get(
    "/overview/errors",
    route("listErrorGroups", "Errors by fingerprint", answers.ErrorGroups, PageQuery),
    later,
  );
  server.get(
    "/overview/queues",
    route("getQueueState", "What waits, and for how long", answers.QueueState),
    later,
  );
  server.get(
    "/overview/calendar",
    route(
      "getCalendar",
      "Runs per day and outcome",
      answers.Calendar,
      z.object({
        pipeline: Name.optional().describe("Absent: all pipelines."),
        days: z.coerce.number().int().min(1).max(750).default(371).describe("Days back."),
      }),
    ),
    later,
  );
  server.get(
    "/overview/coverage",
    route(
      "getCoverage",
      "Which partitions of a pipeline are there",
      answers.Coverage,
      PageQuery.extend({ pipeline: Name }),
    ),
    later,
  );
  server.get(
    "/overview/schema-drift",
    route(
      "listSchemaDrift",
      "Changes of tables, newest first",
      answers.SchemaDrift,
      PageQuery.extend({ pipeline: Name.optional() }),
    ),
    later,
  );
};
