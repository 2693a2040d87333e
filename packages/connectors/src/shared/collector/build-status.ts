import type { Clock, Json } from "@millrace/core";
import type { Channel } from "./channel.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { type Figures, sanitized } from "./figures.ts";
import type { Place } from "./place.ts";
import { round } from "./rate.ts";
import type { Spool } from "./spool.ts";
import type { CollectorState, CollectorTransition } from "./state.ts";
import type { CollectorHealth, CollectorStatus } from "./status.ts";

/** Subscriptions that are shown one by one. */
const CHANNELS = 500;

/** Everything that a status is made of. */
export interface StatusParts {
  readonly name: string;
  readonly clock: Clock;
  readonly state: CollectorState;
  readonly transitions: readonly CollectorTransition[];
  readonly since: number;
  readonly reason: string;
  readonly startedAt: number | undefined;
  readonly figures: Figures;
  readonly places: readonly Place[];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly dispatcher: Dispatcher;
  readonly spool: Spool | undefined;
  readonly journalMaxBytes: number;
  readonly problems: CollectorStatus["problems"];
  readonly tasks: number;
  readonly view: Json | undefined;
}

/** How the collector does, as it is published. */
export function buildStatus(parts: StatusParts): CollectorStatus {
  const { figures, clock, channels, places } = parts;
  return {
    name: parts.name,
    state: parts.state,
    since: instant(parts.since),
    reason: sanitized(parts.reason),
    startedAt: parts.startedAt === undefined ? null : instant(parts.startedAt),
    uptimeSeconds: parts.startedAt === undefined ? 0 : round((clock.now() - parts.startedAt) / 1_000),
    heartbeatAt: instant(clock.now()),
    health: healthOf(parts.state),
    problems: parts.problems,
    messages: figures.messages.total,
    messagesPerSecond: figures.messages.perSecond,
    bytes: figures.bytes,
    rows: figures.rows.total,
    rowsPerSecond: figures.rows.perSecond,
    rowsByStream: { ...figures.rowsByStream },
    committedRows: figures.committedRows,
    invalid: figures.invalid,
    errors: figures.errors,
    restarts: figures.restarts,
    reconnects: places.reduce((sum, place) => sum + place.reconnects, figures.counters["reconnects"] ?? 0),
    gaps: { ...figures.gaps },
    lag: { receivedMs: figures.received.summary, committedMs: figures.committed.summary },
    ...waitingOf(parts),
    connections: places.map(connectionOf),
    channels: [...channels.values()]
      .toSorted((a, b) => Number(a.state === "live") - Number(b.state === "live"))
      .slice(0, CHANNELS)
      .map((channel) => channelOf(channel, clock.monotonic())),
    channelCount: channels.size,
    subscribers: parts.dispatcher.states,
    counters: { ...figures.counters },
    tasks: parts.tasks,
    transitions: [...parts.transitions],
    lastGaps: figures.lastGaps,
    lastErrors: figures.lastErrors,
    ...(parts.view === undefined ? {} : { view: parts.view as CollectorStatus["view"] & Json }),
  };
}

/** What waits for the destination. */
function waitingOf({ spool, journalMaxBytes }: StatusParts): Pick<CollectorStatus, "queue" | "journal"> {
  const none = { bytes: 0, rows: 0, spilling: false };
  return {
    queue: { rows: spool?.rows ?? 0, memoryRows: spool?.memoryRows ?? 0 },
    journal: {
      ...(spool?.journal ?? none),
      maxBytes: journalMaxBytes,
      full: spool?.isBlocked ?? false,
      droppedRows: spool?.droppedRows ?? 0,
    },
  };
}

/** What a status says of the health. */
export function healthIn(status: CollectorStatus): CollectorHealth {
  const { name, state, since, reason, health, problems, heartbeatAt, restarts, lastErrors } = status;
  const lastError = lastErrors[0] ?? null;
  return { name, state, since, reason, health, problems, heartbeatAt, restarts, lastError };
}

function healthOf(state: CollectorState): CollectorStatus["health"] {
  if (state === "running") return "healthy";
  if (state === "failed" || state === "stopped") return state;
  return state === "stopping" ? "stopped" : "degraded";
}

function connectionOf(place: Place): CollectorStatus["connections"][number] {
  const { current, endpoint, lastClose, lastError } = place;
  return {
    id: place.id,
    endpoint: endpoint.id,
    address: typeof endpoint.url === "string" ? sanitized(endpoint.url) : "",
    state: stateOf(place),
    since: instant(place.since),
    generation: place.generation,
    subscriptions: place.channels.length,
    messages: place.messages + (current?.rate.total ?? 0),
    messagesPerSecond: current?.rate.perSecond ?? 0,
    bytes: place.bytes + (current?.bytes ?? 0),
    lastMessageAt:
      current === undefined || current.lastMessageWall === 0 ? null : instant(current.lastMessageWall),
    lastClose:
      lastClose === undefined
        ? null
        : { code: lastClose.code, reason: sanitized(lastClose.reason), at: instant(lastClose.at) },
    lastError: lastError === undefined ? null : { ...shown(lastError.error), at: instant(lastError.at) },
  };
}

function stateOf({ current, waiting, failed }: Place): CollectorStatus["connections"][number]["state"] {
  if (failed) return "failed";
  if (waiting) return "waiting";
  if (current?.paused === true) return "paused";
  return current?.state ?? "closed";
}

function channelOf(channel: Channel, now: number): CollectorStatus["channels"][number] {
  const { subscription, lastAt, silenceMs } = channel;
  return {
    channel: subscription.channel,
    symbol: subscription.symbol ?? null,
    connection: channel.connection ?? null,
    state: channel.state,
    messages: channel.rate.total,
    messagesPerSecond: channel.rate.perSecond,
    lastDataAt: lastAt === undefined ? null : instant(channel.lastWallMs),
    silentMs: lastAt === undefined ? null : Math.round(now - lastAt),
    silenceAfterMs: silenceMs === undefined ? null : Math.round(silenceMs),
    resubscribes: channel.resubscribes,
  };
}

function shown(error: unknown): { code: string; message: string } {
  const code = typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { code: typeof code === "string" ? code : "MLR_SOURCE_FAILED", message: sanitized(message) };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
