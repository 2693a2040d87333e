import { z } from "zod";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { Fires } from "../overview/fires.ts";
import { judgedPipelines } from "../overview/pipeline-states.ts";
import { Recent } from "../overview/recent.ts";
import { connectedTo, lineageGraph } from "./graph.ts";
import { lineageFacts } from "./queries.ts";
import { Lineage } from "./schemas.ts";

/** Where data come from and where they go. */
export const lineageRoutes: ApiRoutes = (server, { pool, operations, clock }) => {
  const fires = new Fires(operations);
  const recent = new Recent(clock);
  const whole = async (): Promise<ReturnType<typeof lineageGraph>> => {
    const [facts, pipelines] = await Promise.all([
      lineageFacts(pool),
      judgedPipelines(pool, fires, clock.now()),
    ]);
    return lineageGraph(facts, new Map(pipelines.map((pipeline) => [pipeline.name, pipeline])));
  };
  server.get(
    "/lineage",
    {
      schema: {
        operationId: "getLineage",
        summary: "Sources, pipelines, tables and those who read them",
        tags: ["Lineage"],
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
    async ({ query: { pipeline, table } }) => {
      const graph = await recent.get("lineage", whole);
      const at = new Date(clock.now()).toISOString();
      if (pipeline === undefined && table === undefined) return { at, ...graph };
      return {
        at,
        ...connectedTo(
          graph,
          ({ kind, name }) =>
            (kind === "pipeline" && name === pipeline) || (kind === "table" && name === table),
        ),
      };
    },
  );
};
