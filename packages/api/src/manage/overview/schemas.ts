import { z } from "zod";
import { pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Count } from "../shared/names.ts";
import { RunStatus } from "../shared/run-status.ts";

const Ms = z.number().min(0);

/** How a pipeline does. The first that applies, in this order: disabled, paused, failing, late, neverRan, healthy. */
export const Health = z
  .enum(["healthy", "late", "failing", "paused", "disabled", "neverRan"])
  .describe("How a pipeline does.");
export type Health = z.infer<typeof Health>;

/** The first thing to look at: how many pipelines do well, and one sentence about it. */
export const Overview = z.object({
  at: Instant,
  sentence: z
    .string()
    .describe("All of it in one sentence, such as `498 of 500 pipelines are healthy; 2 fail.`"),
  pipelines: Count,
  healthy: Count,
  late: Count,
  failing: Count,
  paused: Count,
  disabled: Count,
  neverRan: Count,
  running: Count.describe("Runs that go on."),
  queued: Count.describe("Runs that may be started and wait; counted up to 10,000."),
});

/** Something that is not as it was when the pipeline worked last. */
export const Change = z.object({
  kind: z.enum(["code", "schema", "source", "options"]),
  summary: z.string(),
  at: Instant.nullable(),
});

const ErrorLine = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
});

/** A pipeline that fails, is late, or refuses rows. */
export const AttentionItem = z.object({
  pipeline: z.string(),
  group: z.string().nullable(),
  owner: z.string().nullable(),
  state: z.enum(["failing", "late", "refusing"]),
  refused: Count.describe("Rows that the latest run refused: they are in quarantine, each with its reason."),
  since: Instant.describe(
    "Since when: end of the first failure in a row, the time by which its data were expected, or the end of the run that refused rows.",
  ),
  failures: Count.describe("Failures in a row."),
  run: z
    .object({ id: z.guid(), status: RunStatus, finishedAt: Instant.nullable(), trigger: z.string() })
    .nullable()
    .describe("The latest run."),
  error: ErrorLine.nullable().describe("Why the latest run failed."),
  lastLine: z.string().nullable().describe("The last warning or error that the latest run logged."),
  lastSuccessAt: Instant.nullable(),
  expectedAt: Instant.nullable().describe("When its data should have been there, where it is late."),
  changes: z.array(Change).describe("What is not as it was when it worked last."),
});
export const Attention = pageOf(AttentionItem);

/** One run in a strip. */
const StripRun = z.object({
  id: z.guid(),
  status: RunStatus,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  durationMs: Ms.nullable(),
});

export const Strip = z.object({
  pipeline: z.string(),
  group: z.string().nullable(),
  health: Health,
  timeZone: z.string().nullable().describe("The schedule's own; null: it has no schedule."),
  nextAt: Instant.nullable().describe("When it fires next; null where it does not."),
  usualDurationMs: Ms.nullable().describe("Median of its last successful runs."),
  runs: z.array(StripRun).describe("Oldest first, at most 30."),
});
export const Strips = pageOf(Strip);

export const FreshnessItem = z.object({
  pipeline: z.string(),
  table: z.string(),
  group: z.string().nullable(),
  state: z
    .enum(["fresh", "late", "paused", "disabled", "unscheduled"])
    .describe(
      "`late` only after the next due time and the usual duration; `unscheduled`: nothing says when data come.",
    ),
  lastRowAt: Instant.nullable().describe("End of the last run that inserted or updated rows."),
  lastLoadedAt: Instant.nullable().describe("End of the last successful run, whether rows changed or not."),
  expectedAt: Instant.nullable().describe("By when the next data are expected."),
  dueAt: Instant.nullable().describe("The fire that is to bring them."),
  lateMs: Ms.nullable(),
  usualDurationMs: Ms.nullable(),
});
export const Freshness = z.object({
  at: Instant,
  items: z.array(FreshnessItem).describe("Those that are late first, the longest late first."),
  next: z.string().optional(),
});

const Band = z.object({
  median: z.number(),
  low: z.number().describe("Fewer are unusual; never below 0."),
  high: z.number().describe("More are unusual."),
});

/** What runs on one day of the week usually do to a table. */
const WeekdayBand = z.object({
  weekday: z.int().min(1).max(7).describe("ISO: 1 is Monday, in UTC."),
  runs: Count.describe("Runs that it was computed from."),
  inserted: Band,
  updated: Band,
  removed: Band,
});

const VolumePoint = z.object({
  run: z.guid(),
  at: Instant,
  weekday: z.int().min(1).max(7),
  inserted: Count,
  updated: Count,
  removed: Count,
  outside: z
    .array(z.enum(["inserted", "updated", "removed"]))
    .describe("What is outside the band; empty: nothing."),
});

const VolumeItem = z.object({
  pipeline: z.string(),
  table: z.string(),
  outside: z.boolean().describe("The latest run is outside the band."),
  points: z.array(VolumePoint).describe("Oldest first."),
  bands: z.array(WeekdayBand).describe("For each weekday with enough runs (8)."),
});
export const Volume = z.object({
  at: Instant,
  tables: Count,
  outside: Count.describe("Tables whose latest run is outside."),
  items: z.array(VolumeItem).describe("Those outside first."),
});

const TimelineRun = z.object({
  id: z.guid(),
  status: RunStatus,
  partition: z.string(),
  dueAt: Instant.nullable(),
  queuedAt: Instant.nullable(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  waitMs: Ms.nullable().describe("From when it might have been started until it was."),
  overlaps: z.boolean().describe("It was due while the run before it still went on."),
});

const TimelineFire = z.object({
  dueAt: Instant,
  expectedEndAt: Instant.nullable(),
  overlaps: z.boolean().describe("The run before it will probably still go on."),
});

const TimelineLane = z.object({
  pipeline: z.string(),
  group: z.string().nullable(),
  runs: z.array(TimelineRun).describe("Oldest first; the newest 200."),
  fires: z.array(TimelineFire).describe("What comes; at most 100."),
});

export const Timeline = z.object({
  from: Instant,
  now: Instant,
  to: Instant,
  slots: Count.describe("Runs that all workers can carry out at the same time."),
  load: z
    .array(
      z.object({
        at: Instant,
        running: z.number().min(0),
        waiting: z.number().min(0),
        expected: z.boolean(),
      }),
    )
    .describe(
      "Runs at the same time, of all pipelines, in steps of a 48th of the time; `expected`: it lies ahead.",
    ),
  items: z.array(TimelineLane),
  next: z.string().optional(),
});

export const RunningItem = z.object({
  run: z.guid(),
  pipeline: z.string(),
  partition: z.string(),
  kind: z.enum(["pipeline", "task"]),
  group: z.string().nullable(),
  startedAt: Instant.nullable(),
  elapsedMs: Ms,
  usualDurationMs: Ms.nullable(),
  share: z.number().min(0).max(1).nullable().describe("How much of it is done, where that is known."),
  note: z.string().nullable().describe("What a task says of its progress."),
  rows: Count.describe("Rows read."),
  totalRows: Count.nullable(),
  bytes: Count.nullable(),
  totalBytes: Count.nullable(),
  rowsPerSecond: z.number().min(0).nullable().describe("Over the last seconds."),
  memoryBytes: Count.nullable().describe("Of its process now."),
  memoryLimitBytes: Count,
  cpuShare: z.number().min(0).nullable().describe("Of one core, over the last seconds; 2: two cores."),
  inserted: Count,
  updated: Count,
  removed: Count,
  rejected: Count,
  committedAt: Instant.nullable().describe("When its record was last written."),
  worker: z.guid().nullable(),
  host: z.string().nullable(),
  ending: z.string().nullable().describe("`stop`, `cancel` or `timeout` where it has been told to end."),
});
export const Running = z.object({ at: Instant, items: z.array(RunningItem) });

const CalendarDay = z.object({
  day: z.iso.date(),
  succeeded: Count,
  failed: Count.describe("Failed or died."),
  stopped: Count.describe("Stopped or cancelled."),
  durationMs: Ms.describe("Of all runs together."),
});
export const Calendar = z.object({
  pipeline: z.string().nullable(),
  from: z.iso.date(),
  to: z.iso.date(),
  items: z.array(CalendarDay).describe("Days with runs (UTC), oldest first."),
});

export const Coverage = z.object({
  pipeline: z.string(),
  tables: z.array(z.string()),
  partitions: z.array(
    z.object({
      partition: z.string(),
      startAt: Instant.nullable(),
      endAt: Instant.nullable(),
      state: z.enum(["done", "running", "queued", "failed", "missing"]),
      run: z.guid(),
      rows: z.record(z.string(), Count).describe("Table → rows inserted and updated by the last run."),
    }),
  ),
  next: z.string().optional(),
});

export const SchemaDrift = pageOf(
  z.object({
    id: z.string(),
    at: Instant,
    pipeline: z.string(),
    group: z.string().nullable(),
    run: z.guid().nullable(),
    table: z.string(),
    change: z.string().describe("In words, such as `column price: integer became numeric`."),
  }),
);
