import { z } from "zod";
import { SourceItem } from "../manage/sources/schemas.ts";
import { Instant } from "../server/timestamps.ts";

/** What a client can follow. Names of pipelines are percent-encoded where they hold other than letters, digits and `._~-`. */
const Topic = z
  .string()
  .min(1)
  .max(700)
  .regex(
    /^(runs|metrics|events|sources:[a-z][a-z-]{0,40}|(run|log):[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|pipeline:.+)$/,
    "is no topic",
  )
  .describe("`runs`, `run:<id>`, `pipeline:<name>`, `log:<run>`, `sources:<kind>`, `metrics` or `events`.");

/** Topics that a connection may follow, and that a message may name: a client that comes back names all of its topics at once. */
export const TOPICS = 200;

/** What a client may say. Anything else closes the connection. */
export const ClientMessage = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("subscribe"),
    topics: z.array(Topic).min(1).max(TOPICS),
    after: z
      .string()
      .max(60)
      .optional()
      .describe(
        "The highest `id` that was received before the connection broke: what came since is sent first.",
      ),
  }),
  z.strictObject({ type: z.literal("unsubscribe"), topics: z.array(Topic).min(1).max(TOPICS) }),
  z.strictObject({ type: z.literal("pong") }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** What is known of a run that goes on or has just ended. The first patch of a run has all fields, later ones those that changed. */
export const RunPatch = z.object({
  id: z.guid(),
  pipeline: z.string(),
  partition: z.string().optional(),
  kind: z.enum(["pipeline", "task"]).optional(),
  status: z.enum(["queued", "running", "succeeded", "failed", "stopped", "cancelled", "died"]).optional(),
  trigger: z.string().optional(),
  queuedAt: Instant.nullable().optional(),
  startedAt: Instant.nullable().optional(),
  finishedAt: Instant.nullable().optional(),
  durationMs: z.number().nullable().optional(),
  attempt: z.int().optional().describe("Processes that were started for it."),
  worker: z.guid().nullable().optional(),
  ending: z.string().nullable().optional(),
  rows: z.int().optional().describe("Rows read."),
  inserted: z.int().optional(),
  updated: z.int().optional(),
  removed: z.int().optional(),
  rejected: z.int().optional(),
  rowsPerSecond: z.number().nullable().optional(),
  totalRows: z.int().nullable().optional(),
  bytes: z.int().nullable().optional(),
  totalBytes: z.int().nullable().optional(),
  memoryBytes: z.int().nullable().optional(),
  cpuShare: z.number().nullable().optional(),
  done: z.number().nullable().optional().describe("Of a task."),
  total: z.number().nullable().optional(),
  note: z.string().nullable().optional(),
  error: z.object({ code: z.string(), message: z.string() }).nullable().optional(),
});
export type RunPatch = z.infer<typeof RunPatch>;

/** Something that happened, as `GET /events` lists it. */
export const EventPatch = z.object({
  id: z.int(),
  at: Instant,
  type: z.string(),
  pipeline: z.string().nullable(),
  group: z.string().nullable(),
  run: z.guid().nullable(),
  worker: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type EventPatch = z.infer<typeof EventPatch>;

/** A line of a run's log. */
export const LogPatch = z.object({
  id: z.guid(),
  position: z.int().describe("Order within the run; `GET /runs/{id}/logs` has the same."),
  at: Instant,
  level: z.string(),
  message: z.string(),
  logger: z.string().nullable(),
  stream: z.enum(["stdout", "stderr"]).nullable(),
  attempt: z.int().nullable(),
  fields: z.record(z.string(), z.unknown()).nullable(),
});
export type LogPatch = z.infer<typeof LogPatch>;

/** How the platform does at this moment, every 2 seconds. */
export const Metrics = z.object({
  at: Instant,
  running: z.int(),
  queued: z.int().describe("Runs that may be started and wait; counted up to 10,000."),
  workers: z.int(),
  slots: z.int(),
  rowsPerSecond: z.number().describe("Of all runs that go on."),
  memoryBytes: z.int().describe("Of all processes of runs."),
  clients: z.int().describe("Connections such as this one."),
});
export type Metrics = z.infer<typeof Metrics>;

const Id = z
  .string()
  .describe("Order of all messages of a connection; give the last one as `after` to go on.");

/** What the server says. */
export const ServerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("subscribed"), id: Id, topics: z.array(Topic) }).describe("From `id` on."),
  z.object({ type: z.literal("unsubscribed"), topics: z.array(Topic) }),
  z.object({
    type: z.literal("event"),
    id: Id,
    topic: Topic,
    data: z.union([
      z.object({ run: RunPatch }),
      z.object({ event: EventPatch }),
      z.object({ lines: z.array(LogPatch) }),
      z.object({ gap: z.int().describe("So many lines were left out because this client was too slow.") }),
      z.object({ metrics: Metrics }),
      z.object({
        sources: z.array(SourceItem).describe("Those whose status changed, once a second at most."),
      }),
    ]),
  }),
  z
    .object({ type: z.literal("reset"), topic: Topic, id: Id })
    .describe("It cannot be resumed: load it anew."),
  z.object({
    type: z.literal("refused"),
    topic: Topic,
    code: z.string(),
    message: z.string(),
    hint: z.string(),
  }),
  z.object({ type: z.literal("ping") }).describe("To be answered with `pong` within 30 seconds."),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;
