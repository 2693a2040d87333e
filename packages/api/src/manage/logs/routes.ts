import type { ApiRoutes } from "../../server/api-routes.ts";
import { sendJson } from "../shared/send-json.ts";
import { listLogs } from "./queries.ts";
import { LogsPage, LogsQuery } from "./schemas.ts";

/** Log lines of all runs, and of the platform itself. */
export const logsRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/logs",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listLogs",
        tags: ["Logs"],
        summary: "Log lines across runs, newest first",
        querystring: LogsQuery,
        response: { 200: LogsPage },
      },
    },
    async ({ query }, reply) => sendJson(reply, await listLogs(pool, query)),
  );
};
