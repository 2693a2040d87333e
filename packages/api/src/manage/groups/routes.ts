import type { ApiRoutes } from "../../server/api-routes.ts";
import { listGroups } from "./queries.ts";
import { GroupsList } from "./schemas.ts";

/** Groups of pipelines. */
export const groupsRoutes: ApiRoutes = (server, context) => {
  server.get(
    "/groups",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listGroups",
        tags: ["Groups"],
        summary: "Groups, with what their pipelines are up to",
        response: { 200: GroupsList },
      },
    },
    () => listGroups(context),
  );
};
