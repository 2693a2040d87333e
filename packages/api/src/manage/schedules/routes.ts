import type { ApiRoutes } from "../../server/api-routes.ts";
import { listSchedules } from "./queries.ts";
import { SchedulesPage, SchedulesQuery } from "./schemas.ts";

/** Schedules and when they fire next. */
export const schedulesRoutes: ApiRoutes = (server, context) => {
  server.get(
    "/schedules",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listSchedules",
        tags: ["Schedules"],
        summary: "Pipelines with a schedule, and their next fires",
        querystring: SchedulesQuery,
        response: { 200: SchedulesPage },
      },
    },
    ({ query }) => listSchedules(context, query),
  );
};
