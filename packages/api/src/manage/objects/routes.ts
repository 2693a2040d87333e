import type { ApiRoutes } from "../../server/api-routes.ts";
import { listObjects } from "./queries.ts";
import { ObjectsPage, ObjectsQuery } from "./schemas.ts";

/** Tables, views and procedures that runs touched. */
export const objectsRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/objects",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listObjects",
        tags: ["Objects"],
        summary: "Who touches which tables, views and procedures, by name",
        querystring: ObjectsQuery,
        response: { 200: ObjectsPage },
      },
    },
    ({ query }) => listObjects(pool, query),
  );
};
