import type { ApiRoutes } from "../../server/api-routes.ts";
import { listWorkers } from "./queries.ts";
import { WorkersAnswer } from "./schemas.ts";

const tags = ["workers"];

/** Worker processes. */
export const workersRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/workers",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listWorkers",
        summary: "Workers: heartbeat, slots, load, version, and who keeps the schedules",
        tags,
        response: { 200: WorkersAnswer },
      },
    },
    () => listWorkers(pool),
  );
};
