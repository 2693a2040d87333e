import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { WorkersAnswer } from "./schemas.ts";

const tags = ["workers"];

/** Worker processes. */
export const workersRoutes: ApiRoutes = (server) => {
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
