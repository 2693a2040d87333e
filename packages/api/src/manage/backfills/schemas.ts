import { timeZoneProblem } from "@millrace/core";
import { z } from "zod";
import { pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { ErrorSummary } from "../shared/run-error-schema.ts";
import { Count, Name } from "../shared/names.ts";

const PARTITION_STATES = [
  "waiting",
  "queued",
  "running",
  "succeeded",
  "failed",
  "died",
  "stopped",
  "cancelled",
] as const;

const time = z.string().min(4).max(40);

export const BackfillBody = z.strictObject({
  pipeline: Name,
  from: time.optional().describe("Beginning of the range, such as `2026-01-01` or `2026-01`; with `to`."),
  to: time.optional().describe("Its end, which is not part of it."),
  unit: z
    .enum(["hour", "day", "week", "month", "year"])
    .optional()
    .describe("What the range is cut into. Default `day`."),
  timeZone: z
    .string()
    .min(1)
    .max(100)
    .refine((name) => timeZoneProblem(name) === undefined, "is no time zone, such as Europe/Berlin")
    .optional()
    .describe("Where days begin. Default `UTC`."),
  partitions: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(10_000)
    .optional()
    .describe("Partitions by name, instead of a range."),
  parallel: z.number().int().min(1).max(1_000).optional().describe("Partitions at the same time. Default 1."),
  missing: z
    .boolean()
    .optional()
    .describe("Default true: only what has not succeeded yet. False: all, from their beginning."),
  params: z
    .record(z.string().min(1).max(200), z.json())
    .optional()
    .describe("Values of the pipeline's parameters."),
  dryRun: z.boolean().optional().describe("Only say which partitions there are, and which would be queued."),
});

export const BackfillStarted = z
  .object({
    id: z.guid().nullable().describe("Of the backfill; null in a dry run."),
    pipeline: z.string(),
    partitions: z.array(z.string()).describe("Those that were queued, or would be."),
    done: z.array(z.string()).describe("Those that have succeeded before, and are left out."),
    busy: z.array(z.string()).describe("Those that wait or go on already."),
  })
  .meta({ id: "BackfillStarted" });

export const BackfillsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("Entries on a page."),
  after: z.string().max(400).optional().describe("`next` of the page before; absent: the first page."),
  pipeline: Name.optional(),
});

export const Backfill = z
  .object({
    id: z.guid(),
    pipeline: z.string(),
    range: z
      .object({ from: z.string(), to: z.string(), by: z.string(), timeZone: z.string() })
      .nullable()
      .describe("Null: the partitions were named one by one."),
    parallel: Count,
    requestedBy: z.string(),
    requestedAt: Instant,
    cancelledAt: Instant.nullable(),
    total: Count.describe("Partitions."),
    counts: z
      .partialRecord(z.enum(PARTITION_STATES), Count)
      .describe("Partitions by state, also those that an earlier backfill has done."),
    over: z.boolean().describe("Nothing of it waits or goes on."),
  })
  .meta({ id: "Backfill" });

export const BackfillsPage = pageOf(Backfill);

export const PartitionsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(500).describe("Entries on a page."),
  after: z.string().max(400).optional().describe("`next` of the page before; absent: the first page."),
  state: z.enum(PARTITION_STATES).optional(),
});

export const BackfillPartition = z
  .object({
    partition: z.string(),
    state: z.enum(PARTITION_STATES),
    run: z.guid().nullable().describe("The run that was queued for it last."),
    durationMs: z.number().nullable(),
    error: ErrorSummary.nullable(),
  })
  .meta({ id: "BackfillPartition" });

export const PartitionsPage = pageOf(BackfillPartition);
export const BackfillCancelled = z.object({ id: z.guid(), cancelled: z.literal(true) });
