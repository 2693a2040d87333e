import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";

export const GroupItem = z
  .object({
    name: z.string().nullable().describe("Null: pipelines that are in no group."),
    pipelines: z.number().int(),
    enabled: z.number().int(),
    disabled: z.number().int(),
    paused: z.number().int(),
    failing: z.number().int().describe("Pipelines whose last run failed or died."),
    running: z.number().int().describe("Runs that go on."),
    queued: z.number().int().describe("Runs that wait."),
    lastRunAt: Instant.nullable(),
    nextRunAt: Instant.nullable(),
  })
  .meta({ id: "GroupItem" });
export const GroupsList = z.object({ items: z.array(GroupItem) }).meta({ id: "GroupsList" });
