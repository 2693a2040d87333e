import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { ErrorSummary } from "../shared/run-error-schema.ts";
import { Count, Name } from "../shared/names.ts";

const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "stopped", "cancelled", "died"] as const;

export const Task = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    file: z.string(),
    codeVersion: z.string().nullable(),
    queue: z.string(),
    attempts: Count.describe("How often a job is begun at most."),
    timeoutSeconds: z.number().describe("0: none."),
    input: z.unknown().describe("JSON Schema of what a job is given; null: anything."),
    queued: Count,
    running: Count,
    deadLetters: Count.describe("At most 10,000 are counted."),
  })
  .meta({ id: "Task" });

export const TasksAnswer = z.object({ items: z.array(Task) });

export const JobsQuery = PageQuery.extend({
  task: Name.optional(),
  status: z.enum(JOB_STATUSES).optional(),
  dead: z
    .enum(["true", "false"])
    .optional()
    .describe("`true`: only dead letters, which failed or died with all their attempts used up."),
});

export const Job = z
  .object({
    id: z.guid(),
    task: z.string(),
    status: z.enum(JOB_STATUSES),
    queue: z.string(),
    priority: z.number().int(),
    uniqueKey: z.string().nullable(),
    attempts: Count.describe("Attempts that were begun."),
    maxAttempts: Count,
    progress: z
      .object({ done: z.number(), total: z.number().nullable(), note: z.string().nullable() })
      .nullable(),
    error: ErrorSummary.nullable(),
    payloadFields: z
      .array(z.string())
      .describe("Names of the members of what it was given; the values may be secrets, and are not shown."),
    requestedBy: z.string().nullable(),
    queuedAt: Instant.nullable(),
    availableAt: Instant.nullable().describe("Not started before."),
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    durationMs: z.number().nullable(),
  })
  .meta({ id: "Job" });

export const JobsPage = pageOf(Job);
export const JobDetail = Job.extend({
  result: z.unknown().describe("What it returned; null where it has not."),
});
export const JobSteered = z.object({ id: z.guid(), status: z.enum(JOB_STATUSES) });
