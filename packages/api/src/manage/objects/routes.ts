import type { ApiRoutes } from "../../server/api-routes.ts";
import { ObjectsList, ObjectsQuery } from "./schemas.ts";

/** Tables, views and procedures that runs touched. */
export const objectsRoutes: ApiRoutes = (server, { control }) => {
  server.get(
    "/objects",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listObjects",
        tags: ["Objects"],
        summary: "Who touches which tables, views and procedures",
        querystring: ObjectsQuery,
        response: { 200: ObjectsList },
      },
    },
    async ({ query }) => {
      const { name, pipeline, limit } = query;
      const items = await control.facts.objects({
        ...(name === undefined ? {} : { name }),
        ...(pipeline === undefined ? {} : { pipeline }),
        limit,
      });
      return { items: items.map((use) => ({ ...use, namespace: use.namespace ?? null })) };
    },
  );
};
