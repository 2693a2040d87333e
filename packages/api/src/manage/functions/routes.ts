import type { ApiRoutes } from "../../server/api-routes.ts";
import { FunctionsList, FunctionsQuery } from "./schemas.ts";

const DAY_MS = 86_400_000;

/** Watched functions over all runs. */
export const functionsRoutes: ApiRoutes = (server, { control, clock }) => {
  server.get(
    "/functions",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listFunctions",
        tags: ["Functions"],
        summary: "Watched functions, those that took longest in all first",
        querystring: FunctionsQuery,
        response: { 200: FunctionsList },
      },
    },
    async ({ query }) => {
      const { pipeline, since, limit } = query;
      const from = since === undefined ? new Date(clock.now() - DAY_MS) : new Date(since);
      const items = await control.facts.functions({
        ...(pipeline === undefined ? {} : { pipeline }),
        since: from,
        limit,
      });
      return { items: [...items] };
    },
  );
};
