import type { ApiRoutes } from "../../server/api-routes.ts";
import { listQueues } from "./queries.ts";
import { QueuesAnswer } from "./schemas.ts";

const tags = ["queues"];

/** Queues with what waits in them. */
export const queuesRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/queues",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listQueues",
        summary: "Queues: depth, waiting, start latency, retries and dead letters",
        tags,
        response: { 200: QueuesAnswer },
      },
    },
    () => listQueues(pool),
  );
};
