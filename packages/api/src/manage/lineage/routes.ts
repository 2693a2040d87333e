import { MillraceError } from "@millrace/core";
import { z } from "zod";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { Lineage } from "./schemas.ts";

/** Where data come from and where they go. */
export const lineageRoutes: ApiRoutes = (server) => {
  server.get(
    "/lineage",
    {
      schema: {
        operationId: "getLineage",
        summary: "Sources, pipelines, tables and those who read them",
        tags: ["lineage"],
        querystring: z.object({
          pipeline: z
            .string()
            .min(1)
            .max(200)
            .optional()
            .describe("Only what is connected to this pipeline."),
          table: z.string().min(1).max(400).optional().describe("Only what is connected to this table."),
        }),
        response: { 200: Lineage },
      },
      config: { role: "viewer" },
    },
    () => {
      throw new MillraceError("MLR_INTERNAL", "not there yet");
    },
  );
};
