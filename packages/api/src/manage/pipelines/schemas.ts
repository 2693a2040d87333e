import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { EventItem } from "../events/schemas.ts";
import { RunsQuery } from "../runs/schemas.ts";
import { TableCounts } from "../shared/counts-schema.ts";
import { listOf } from "../shared/list-of.ts";
import { ErrorSummary } from "../shared/run-error-schema.ts";
import { RunStatus } from "../shared/run-status.ts";

/** What a pipeline is called by in a path. */
export const PipelinePath = z.object({ name: z.string().min(1).max(100).describe("The pipeline's name.") });

/** Whether it runs by itself. */
const PipelineState = z
  .enum(["enabled", "disabled", "paused", "retired"])
  .describe("`paused`: its runs wait; `retired`: its file is gone.");

export const PipelinesQuery = PageQuery.extend({
  limit: z.coerce.number().int().min(1).max(500).default(50).describe("Entries on a page."),
  search: z.string().max(200).optional().describe("A part of name, group, owner, a tag or the description."),
  group: z.string().max(200).optional(),
  tag: z.string().max(200).optional(),
  owner: z.string().max(200).optional(),
  state: listOf(PipelineState).optional().describe("By commas. Default: all but retired ones."),
  status: listOf(z.enum([...RunStatus.options, "never"]))
    .optional()
    .describe("What the last run came to, by commas; `never`: it has not run."),
  sort: z.enum(["name", "group", "lastRun", "nextRun", "duration", "failures"]).default("name"),
  order: z.enum(["asc", "desc"]).default("asc").describe("Those without a value are last either way."),
});

const StripRun = z
  .object({
    id: z.guid(),
    status: RunStatus,
    startedAt: Instant.nullable(),
    durationMs: z.number().nullable().describe("Of one that goes on: up to now."),
    rows: z.number().int().describe("Rows that were inserted, updated or removed."),
  })
  .meta({ id: "StripRun" });

const LastRun = z
  .object({
    id: z.guid(),
    status: RunStatus,
    trigger: z.string(),
    queuedAt: Instant.nullable(),
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    durationMs: z.number().nullable(),
    rows: z.number().int(),
    error: ErrorSummary.nullable(),
  })
  .meta({ id: "LastRun" });

export const PipelineItem = z
  .object({
    name: z.string(),
    group: z.string().nullable(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
    tags: z.array(z.string()),
    state: PipelineState,
    stateReason: z.string().nullable().describe("Why it is disabled, where it is known."),
    schedule: z
      .object({ text: z.string().describe("In words."), timeZone: z.string().describe("IANA name.") })
      .nullable(),
    nextRunAt: Instant.nullable().describe("The next fire of its schedule; null where none will come."),
    parents: z.array(z.string()),
    source: z.string().nullable().describe("Kind of its source, such as `http`."),
    destination: z.string().nullable().describe("Kind of its destination, such as `postgres`."),
    codeVersion: z.string().nullable(),
    consecutiveFailures: z.number().int(),
    running: z.number().int(),
    queued: z.number().int(),
    lastRun: LastRun.nullable().describe("The newest that has begun."),
    lastSuccessAt: Instant.nullable(),
    strip: z.array(StripRun).describe("The last 30 runs that have begun, oldest first."),
  })
  .meta({ id: "PipelineItem" });
export const PipelinesPage = pageOf(PipelineItem).meta({ id: "PipelinesPage" });

const Definition = z
  .object({
    source: z.object({
      kind: z.string().describe("Such as `http`; `function`: written in the pipeline's file."),
      endless: z.boolean().describe("It only ends when it is stopped."),
      keyed: z.boolean(),
    }),
    transforms: z.array(
      z.object({
        kind: z.string(),
        holds: z.enum(["nothing", "commit", "epoch"]),
        makesStreams: z.boolean(),
      }),
    ),
    destination: z.object({ kind: z.string() }),
    tables: z
      .array(
        z.object({
          table: z.string().describe("With its schema in front where one was named."),
          stream: z.string().nullable(),
          mode: z.string().nullable().describe("Null: what the source's streams ask for."),
          key: z.array(z.string()),
        }),
      )
      .describe("Tables that were named; others come with the rows."),
    quality: z.array(
      z.object({ table: z.string().nullable(), rule: z.string(), kind: z.string(), severity: z.string() }),
    ),
  })
  .meta({ id: "PipelineDefinition" });

export const PipelineDetail = PipelineItem.extend({
  file: z.string().describe("From the project's folder on."),
  codeChangedAt: Instant.nullable().describe("When this version of its code was first seen."),
  definition: Definition.nullable().describe("Null: it was registered by an older version."),
  scheduleDefinition: z.record(z.string(), z.json()).nullable(),
  nextFires: z.array(Instant),
  lastDueAt: Instant.nullable(),
  limits: z
    .object({
      queue: z.string(),
      priority: z.number(),
      labels: z.array(z.string()),
      pools: z.array(z.string()),
      timeoutMs: z.number().nullable(),
      memoryLimitBytes: z.number(),
      attempts: z.number(),
      disableAfter: z.number().nullable(),
    })
    .describe("What its runs are held to; null: no limit."),
  params: z.record(z.string(), z.json()).describe("Defaults of its parameters."),
  paramsSchema: z.json().describe("JSON Schema of its parameters, for the form of a run; null: texts."),
  parentRule: z.enum(["succeeded", "finished"]),
  children: z.array(z.string()),
  tables: z
    .array(TableCounts.extend({ run: z.guid(), at: Instant }))
    .describe("Tables that its runs wrote, each with the counts of the last one."),
  registeredAt: Instant,
  updatedAt: Instant,
  retiredAt: Instant.nullable(),
}).meta({ id: "PipelineDetail" });

export const PipelineRunsQuery = RunsQuery.omit({ pipeline: true, group: true });

export const SchemaChangesPage = pageOf(EventItem).meta({ id: "SchemaChangesPage" });

export const PipelineCheckpoint = z
  .object({
    checkpoints: z.json().describe("By slice, as the destination holds them; null: none, or not readable."),
    openEpochs: z.json().describe("Readings that an interrupted run left open."),
    lastRun: z.guid().nullable().describe("The run that moved it last."),
    lastRunCheckpoint: z.record(z.string(), z.json()).describe("What that run recorded."),
    error: ErrorSummary.nullable().describe("Why the destination could not be read."),
  })
  .meta({ id: "PipelineCheckpoint" });

const QualityPoint = z
  .object({
    at: Instant,
    run: z.guid(),
    status: z.enum(["passed", "failed", "skipped"]),
    landed: z.boolean(),
    observed: z.json(),
    failures: z.number().int(),
  })
  .meta({ id: "PipelineQualityPoint" });
export const PipelineQuality = z
  .object({
    items: z.array(
      z.object({
        table: z.string(),
        rule: z.string(),
        kind: z.string(),
        severity: z.enum(["warn", "fail", "quarantine"]),
        status: z.enum(["passed", "failed", "skipped"]),
        expected: z.string(),
        observed: z.json(),
        failures: z.number().int(),
        checked: z.number().int().nullable(),
        reason: z.string().nullable(),
        samples: z.array(z.json()),
        at: Instant,
        run: z.guid(),
        points: z.array(QualityPoint).describe("Oldest first."),
      }),
    ),
  })
  .meta({ id: "PipelineQuality" });

export const PipelineStatsQuery = z.object({
  days: z.coerce.number().int().min(1).max(90).default(14),
  bucket: z.enum(["hour", "day"]).default("day"),
  timeZone: z
    .string()
    .max(100)
    .default("UTC")
    .describe("IANA name of the zone whose hours and days are meant."),
});
export const PipelineStats = z
  .object({
    items: z.array(
      z.object({
        at: Instant.describe("Beginning of the hour or day."),
        runs: z.number().int(),
        succeeded: z.number().int(),
        failed: z.number().int().describe("Failed or died."),
        durationP50Ms: z.number().nullable(),
        durationP95Ms: z.number().nullable(),
        read: z.number().int(),
        inserted: z.number().int(),
        updated: z.number().int(),
        removed: z.number().int(),
        rejected: z.number().int(),
      }),
    ),
    since: Instant.nullable().describe("Runs before this time are too many to be counted; null: all are."),
  })
  .meta({ id: "PipelineStats" });

export const PipelineVersions = pageOf(
  z.object({
    codeVersion: z.string().nullable(),
    seenAt: Instant,
    definition: Definition.nullable(),
  }),
).meta({ id: "PipelineVersions" });
