import { z } from "zod";
import { Count } from "../shared/names.ts";

const Queue = z
  .object({
    name: z.string(),
    queued: Count.describe("Depth: runs and jobs that wait."),
    ready: Count.describe("Of those, how many may be started now."),
    running: Count,
    oldestWaitMs: z
      .number()
      .nullable()
      .describe("How long the one that waits longest could have been started."),
    workers: Count.describe("Workers that take runs from it."),
    slots: Count.describe("Runs that those carry out at a time."),
    startLatency: z
      .object({
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
        p99Ms: z.number().nullable(),
        runs: Count.describe("Runs that were measured: the latest of the past hour, at most 5,000."),
      })
      .describe("Time from when runs could be started to when they were."),
    retries: Count.describe("Of the runs measured, how many were begun more than once."),
    deadLetters: Count.describe(
      "Jobs that failed with all their attempts used up; at most 10,000 are counted.",
    ),
  })
  .meta({ id: "Queue" });

export const QueuesAnswer = z.object({ items: z.array(Queue) });
