import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";
import { Moment } from "../shared/moment.ts";

export const FunctionTimes = z
  .object({
    name: z.string(),
    calls: z.number().int(),
    errors: z.number().int().describe("Calls that threw or rejected."),
    totalMs: z.number(),
    meanMs: z.number(),
    p95Ms: z.number(),
    maxMs: z.number(),
  })
  .meta({ id: "FunctionTimes" });

export const FunctionsQuery = z.object({
  pipeline: z.string().max(100).optional(),
  since: Moment.optional().describe("Only calls of this time or later. Default: the last 24 hours."),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const FunctionItem = FunctionTimes.extend({
  pipeline: z.string(),
  runs: z.number().int().describe("Runs that called it."),
  lastAt: Instant,
}).meta({ id: "FunctionItem" });
export const FunctionsList = z
  .object({ items: z.array(FunctionItem).describe("Those that took longest in all first.") })
  .meta({ id: "FunctionsList" });
