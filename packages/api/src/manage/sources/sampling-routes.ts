import { z } from "zod";
import { sourceRoutes } from "./source-routes.ts";

const body = z.strictObject({
  context: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).describe("Id of the context."),
});

/** Pipelines that sample equipment. */
export const samplingRoutes = sourceRoutes({
  path: "sampling",
  kind: "sampling",
  title: "Sampling",
  actions: [
    { name: "pauseContext", summary: "Take no samples for a context until it is resumed", body },
    { name: "resumeContext", summary: "Take samples for a paused context again", body },
    { name: "stopContext", summary: "End a context; the others go on", body },
    { name: "startContext", summary: "Start a context that has ended", body },
  ],
});
