import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { RowCounts, TableCounts } from "../shared/counts-schema.ts";
import { EventItem } from "../events/schemas.ts";
import { FunctionTimes } from "../functions/schemas.ts";
import { LogLine } from "../logs/schemas.ts";
import { TouchedThing } from "../objects/schemas.ts";
import { listOf } from "../shared/list-of.ts";
import { ErrorSummary, RunError } from "../shared/run-error-schema.ts";
import { RunStatus } from "../shared/run-status.ts";
import { Moment } from "../shared/moment.ts";

/** What a run is called by in a path. */
export const RunPath = z.object({ id: z.guid().describe("The run's id.") });

export const RunsQuery = PageQuery.extend({
  pipeline: listOf(z.string().max(100), 50).optional().describe("Only runs of these pipelines, by commas."),
  group: z.string().max(200).optional().describe("Only runs of pipelines that are in this group."),
  status: listOf(RunStatus).optional().describe("Only these, by commas."),
  trigger: listOf(z.string().max(50)).optional().describe("Such as `schedule`, `manual`, by commas."),
  from: Moment.optional().describe("Only runs that were asked for at this time or later."),
  to: Moment.optional().describe("Only runs that were asked for before this time."),
  worker: z.guid().optional().describe("Only runs that this worker carries out, or did last."),
  backfill: z.guid().optional().describe("Only runs of this backfill."),
  search: z.string().max(200).optional().describe("First digits of an id, or a part of the pipeline's name."),
});

export const RunItem = z
  .object({
    id: z.guid(),
    pipeline: z.string(),
    group: z.string().nullable(),
    partition: z.string().nullable().describe("The part of the data that it is for; null: all."),
    status: RunStatus,
    trigger: z.string().describe("What asked for it: `schedule`, `manual`, `parent`, …"),
    requestedBy: z.string().nullable(),
    dueAt: Instant.nullable().describe("The fire of its schedule."),
    queuedAt: Instant.nullable().describe("Null: it was started by hand, without the queue."),
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    durationMs: z.number().nullable().describe("From its start to its end; null: not over."),
    waitMs: z.number().nullable().describe("From when it might start to its start."),
    rows: RowCounts.describe("Over all of its tables."),
    error: ErrorSummary.nullable(),
    tries: z.number().int().describe("Processes that were started for it."),
    maxTries: z.number().int(),
    resumed: z.boolean().describe("True: an interrupted run was continued."),
    worker: z.guid().nullable(),
    host: z.string().nullable(),
    codeVersion: z.string().nullable(),
    backfill: z.guid().nullable(),
  })
  .meta({ id: "RunItem" });
export const RunsPage = pageOf(RunItem).meta({ id: "RunsPage" });

const RunLink = z
  .object({ id: z.guid(), pipeline: z.string(), status: RunStatus, startedAt: Instant.nullable() })
  .meta({ id: "RunLink" });

export const RunDetail = RunItem.extend({
  availableAt: Instant.nullable().describe("Not started before."),
  updatedAt: Instant.describe("When its record was last written."),
  attempt: z
    .string()
    .nullable()
    .describe("Fence number of the latest attempt; null until the destination was open."),
  error: RunError.nullable(),
  tables: z.array(TableCounts),
  withheld: z
    .array(z.object({ table: z.string(), reasons: z.array(z.string()) }))
    .describe("Tables from which nothing was removed, and why."),
  progress: z.json().describe("How far a task says that it is; null: nothing is known."),
  checkpoint: z.record(z.string(), z.json()).describe("By slice, as this run left it."),
  params: z
    .array(z.string())
    .describe("Names of the parameters that it was given. Their values may be secrets, and are not kept."),
  options: z.record(z.string(), z.json()).describe("How else it was asked for, such as `full`."),
  queue: z.string(),
  priority: z.number().int(),
  labels: z.array(z.string()),
  pools: z.array(z.string()),
  timeoutMs: z.number().nullable().describe("Null: none."),
  memoryLimitBytes: z.number().nullable(),
  pid: z.number().int().nullable(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  ending: z.string().nullable().describe("How it was told to end: `stop`, `cancel`, `timeout`."),
  peakMemoryBytes: z.number().nullable(),
  cpuMs: z.number().nullable(),
  exceptions: z.number().int().describe("Errors that nobody caught."),
  lastException: z
    .object({
      message: z.string(),
      stack: z.string().nullable(),
      position: RunError.shape.position,
    })
    .nullable(),
  continues: RunLink.nullable().describe("The interrupted run that it went on with."),
  continuedBy: z.array(RunLink),
  parents: z.array(RunLink).describe("The runs that it follows."),
  children: z.array(RunLink).describe("The runs that follow it."),
}).meta({ id: "RunDetail" });

export const RunTables = z.object({ items: z.array(TableCounts) }).meta({ id: "RunTables" });

const level = z.enum(["trace", "debug", "info", "warn", "error", "fatal"]);
export const RunLogsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200).describe("Lines of a page."),
  after: z.coerce
    .number()
    .int()
    .nonnegative()
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Lines behind this position, oldest first: how a log is followed."),
  before: z.coerce
    .number()
    .int()
    .nonnegative()
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Lines in front of this position. Without it and `after`: the last lines."),
  level: level.optional().describe("Of at least this level."),
  search: z
    .string()
    .max(200)
    .optional()
    .describe("Text that the message or the fields hold; capitals do not count."),
});
export const RunLogsPage = z
  .object({
    items: z.array(LogLine).describe("Oldest first."),
    before: z
      .number()
      .nullable()
      .describe("To be given as `before` for the lines in front of these; null: there are none."),
    after: z.number().describe("To be given as `after` for the lines behind these, now or later."),
    more: z.boolean().describe("There are lines behind these already."),
  })
  .meta({ id: "RunLogsPage" });

export const RunEventsPage = pageOf(EventItem).meta({ id: "RunEventsPage" });
export const RunObjects = z.object({ items: z.array(TouchedThing) }).meta({ id: "RunObjects" });
export const RunFilesQuery = z.object({
  ...PageQuery.shape,
  after: z.string().max(4_096).optional().describe("The name of the last file of the page before."),
});
export const RunFilesPage = pageOf(
  z
    .object({
      name: z.string().describe("The path as the source names it, or the URL."),
      bytes: z.number().int(),
      rows: z.number().int().describe("Rows that it gave."),
      hash: z.string().nullable().describe("SHA-256 of its bytes, as hex digits; null: it was not hashed."),
      at: Instant.describe("When it was read to its end."),
    })
    .meta({ id: "RunFile" }),
).meta({ id: "RunFilesPage" });
export const RunFunctions = z.object({ items: z.array(FunctionTimes) }).meta({ id: "RunFunctions" });

export const Phase = z
  .object({
    kind: z.enum(["waiting", "queued", "starting", "attempt", "retry-wait", "commit"]),
    label: z.string(),
    attempt: z.number().int().nullable(),
    startedAt: Instant,
    endedAt: Instant.nullable().describe("Null: it goes on."),
    durationMs: z.number(),
    outcome: z.enum(["succeeded", "failed", "stopped", "cancelled", "died"]).nullable(),
    rows: RowCounts.nullable().describe("Of a commit."),
    error: ErrorSummary.nullable(),
  })
  .meta({ id: "RunPhase" });
export const RunPhases = z
  .object({
    startedAt: Instant,
    endedAt: Instant.nullable(),
    items: z.array(Phase).describe("By their beginnings."),
    omittedCommits: z.number().int().describe("Commits that are not among them, because there are too many."),
  })
  .meta({ id: "RunPhases" });

const Difference = z
  .object({ now: z.number().nullable(), before: z.number().nullable() })
  .meta({ id: "Difference" });
export const RunComparison = z
  .object({
    run: RunItem,
    previous: RunItem.nullable().describe("The last one before it that succeeded; null: none did."),
    runsBetween: z.number().int().describe("Runs since then that did not succeed, 1,000 at most."),
    durationMs: Difference,
    waitMs: Difference,
    peakMemoryBytes: Difference,
    cpuMs: Difference,
    tables: z.array(z.object({ table: z.string(), now: RowCounts.nullable(), before: RowCounts.nullable() })),
    changes: z
      .array(
        z.object({
          kind: z.enum(["code", "definition", "schema", "parameters", "host"]),
          at: Instant.nullable(),
          what: z.string().describe("For people."),
          before: z.json(),
          now: z.json(),
        }),
      )
      .describe("What changed since it last worked, newest first."),
  })
  .meta({ id: "RunComparison" });
