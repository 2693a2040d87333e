import type { ApiRoutes } from "../../server/api-routes.ts";
import { sendJson } from "../shared/send-json.ts";
import { listEvents } from "./queries.ts";
import { EventsPage, EventsQuery } from "./schemas.ts";

/** What happened to runs, pipelines and the platform. */
export const eventsRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/events",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listEvents",
        tags: ["Events"],
        summary: "Events, newest first",
        querystring: EventsQuery,
        response: { 200: EventsPage },
      },
    },
    async ({ query }, reply) => sendJson(reply, await listEvents(pool, query)),
  );
};
