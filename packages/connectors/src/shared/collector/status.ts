import { z } from "zod";
import { COLLECTOR_STATES } from "./state.ts";

const instant = z.string().describe("ISO 8601, UTC.");
const error = z.object({
  code: z.string(),
  message: z.string().describe("Without secrets, causes or stacks: those are in the log."),
  at: instant,
});
const lag = z
  .object({ p50: z.number(), p99: z.number(), max: z.number() })
  .describe("Milliseconds, over the last minute.");

/** What is published of a connection. */
const connectionStatus = z.object({
  id: z.string().describe("Its place, such as `public-1`; the same after a reconnect."),
  endpoint: z.string(),
  address: z.string().describe("Without credentials and query."),
  state: z.enum(["waiting", "connecting", "opening", "open", "paused", "closed", "failed"]),
  since: instant,
  generation: z.number().int().describe("Connections that were made in this place."),
  subscriptions: z.number().int(),
  messages: z.number().int().describe("Since the collector was started."),
  messagesPerSecond: z.number(),
  bytes: z.number().int(),
  lastMessageAt: instant.nullable(),
  lastClose: z.object({ code: z.number().int(), reason: z.string(), at: instant }).nullable(),
  lastError: error.nullable(),
});

/** What is published of a subscription. */
const channelStatus = z.object({
  channel: z.string(),
  symbol: z.string().nullable(),
  connection: z.string().nullable(),
  state: z.enum(["subscribing", "live", "silent", "recovering", "refused", "unsubscribed"]),
  messages: z.number().int(),
  messagesPerSecond: z.number(),
  lastDataAt: instant.nullable(),
  silentMs: z.number().int().nullable().describe("Since data came last; null: nothing came yet."),
  silenceAfterMs: z.number().int().nullable().describe("What is too long; null: it may be silent for ever."),
  resubscribes: z.number().int(),
});

/** What is published of a collector's state, rates and connections. */
export const collectorStatus = z.object({
  name: z.string(),
  state: z.enum(COLLECTOR_STATES),
  since: instant.describe("When the state began."),
  reason: z.string().describe("Why it is in this state."),
  startedAt: instant.nullable(),
  uptimeSeconds: z.number(),
  heartbeatAt: instant.describe("When this was made."),
  health: z.enum(["healthy", "degraded", "failed", "stopped"]),
  problems: z.array(z.object({ code: z.string(), message: z.string() })).describe("What is wrong now."),
  messages: z.number().int(),
  messagesPerSecond: z.number(),
  bytes: z.number().int(),
  rows: z.number().int(),
  rowsPerSecond: z.number(),
  rowsByStream: z.record(z.string(), z.number().int()),
  committedRows: z.number().int(),
  invalid: z.number().int().describe("Messages that could not be used."),
  errors: z.number().int(),
  restarts: z.number().int(),
  reconnects: z.number().int(),
  gaps: z.object({ filled: z.number().int(), marked: z.number().int() }),
  lag: z.object({
    receivedMs: lag.nullable().describe("From the server's time to arrival; clock differences are in it."),
    committedMs: lag.nullable().describe("From arrival to the commit."),
  }),
  queue: z
    .object({ rows: z.number().int(), memoryRows: z.number().int() })
    .describe("What waits for the destination."),
  journal: z.object({
    bytes: z.number().int(),
    maxBytes: z.number().int(),
    rows: z.number().int(),
    spilling: z.boolean(),
    full: z.boolean(),
    droppedRows: z.number().int(),
  }),
  connections: z.array(connectionStatus),
  channels: z.array(channelStatus).describe("At most 500, those with trouble first."),
  channelCount: z.number().int(),
  subscribers: z.array(
    z.object({
      type: z.string(),
      policy: z.enum(["block", "drop-oldest", "conflate"]),
      queued: z.number().int(),
      delivered: z.number().int(),
      dropped: z.number().int(),
      errors: z.number().int(),
    }),
  ),
  counters: z.record(z.string(), z.number()),
  tasks: z.number().int().describe("Timers and promises that belong to it."),
  transitions: z
    .array(
      z.object({
        at: instant,
        from: z.enum(COLLECTOR_STATES),
        to: z.enum(COLLECTOR_STATES),
        reason: z.string(),
      }),
    )
    .describe("The last 50."),
  lastGaps: z
    .array(
      z.object({
        at: instant,
        channel: z.string(),
        symbol: z.string().nullable(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        reason: z.string(),
        outcome: z.enum(["filled", "marked"]),
      }),
    )
    .describe("The last 50."),
  lastErrors: z.array(error).describe("The last 20."),
  view: z.json().optional().describe("What the collector shows of its own, such as order books."),
});

/** What is published of a collector's health. */
export const collectorHealth = collectorStatus
  .pick({
    name: true,
    state: true,
    since: true,
    reason: true,
    health: true,
    problems: true,
    heartbeatAt: true,
    restarts: true,
  })
  .extend({ lastError: error.nullable() });

/** State, rates, connections and trouble of a collector. */
export type CollectorStatus = z.output<typeof collectorStatus>;
/** Whether a collector does its work, and what is wrong where it does not. */
export type CollectorHealth = z.output<typeof collectorHealth>;
