import type { ApiRoutes } from "../../server/api-routes.ts";
import { readStorage } from "./queries.ts";
import { StorageAnswer } from "./schemas.ts";

const tags = ["storage"];

/** How much is stored, and what goes when. */
export const storageRoutes: ApiRoutes = (server, context) => {
  server.get(
    "/storage",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getStorage",
        summary:
          "Sizes of the control tables and collected tables, their growth, and what is due to be removed",
        tags,
        response: { 200: StorageAnswer },
      },
    },
    () => readStorage(context),
  );
};
