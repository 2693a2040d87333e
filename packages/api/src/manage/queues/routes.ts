import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { QueuesAnswer } from "./schemas.ts";

const tags = ["queues"];

/** Queues with what waits in them. */
export const queuesRoutes: ApiRoutes = (server) => {
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
