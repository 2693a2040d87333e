import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";
import { Count } from "../shared/names.ts";

export const Worker = z
  .object({
    id: z.guid(),
    host: z.string(),
    pid: z.number().int(),
    version: z.string(),
    queues: z.array(z.string()),
    labels: z.array(z.string()),
    slots: Count.describe("Runs that it carries out at a time."),
    running: Count,
    load: z.number().describe("Share of its slots that are taken, from 0 to 1."),
    memoryBytes: Count.describe("Most memory that the processes of its runs took, as far as that is known."),
    draining: z.boolean().describe("Ends when its runs are over, and takes no more."),
    alive: z.boolean(),
    leader: z.boolean().describe("Its process keeps the schedules."),
    startedAt: Instant,
    beatAt: Instant.describe("Its last heartbeat."),
    beatAgeMs: z.number(),
    expiresAt: Instant.describe("Taken for dead after this, unless it beats."),
  })
  .meta({ id: "Worker" });

export const WorkersAnswer = z.object({
  items: z.array(Worker),
  leader: z
    .object({ host: z.string(), pid: z.number().int(), since: Instant })
    .nullable()
    .describe("The process that keeps the schedules; null: none does."),
});
