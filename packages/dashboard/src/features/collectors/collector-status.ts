import type { Answer } from "../../api/get-query.ts";

/** A collector of the list. */
export type CollectorItem = Answer<"/api/v1/collectors">["items"][number];

interface Lag {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a collector says; the same as packages/connectors/src/shared/collector/status.ts declares. */
export interface CollectorStatus {
  readonly name: string;
  readonly state: string;
  readonly since: string;
  readonly reason: string;
  readonly startedAt: string | null;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly rowsByStream: Readonly<Record<string, number>>;
  readonly committedRows: number;
  readonly invalid: number;
  readonly errors: number;
  readonly restarts: number;
  readonly reconnects: number;
  readonly gaps: { readonly filled: number; readonly marked: number };
  readonly lag: { readonly receivedMs: Lag | null; readonly committedMs: Lag | null };
  readonly queue: { readonly rows: number; readonly memoryRows: number };
  readonly journal: {
    readonly bytes: number;
    readonly maxBytes: number;
    readonly rows: number;
    readonly spilling: boolean;
    readonly full: boolean;
    readonly droppedRows: number;
  };
  readonly connections: readonly CollectorConnection[];
  readonly channels?: readonly CollectorChannel[];
  readonly channelCount: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly transitions?: readonly {
    readonly at: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
  readonly lastErrors?: readonly { readonly code: string; readonly message: string; readonly at: string }[];
  readonly lastGaps?: readonly CollectorGap[];
  readonly view?: unknown;
}

/** A connection of a collector. */
export interface CollectorConnection {
  readonly id: string;
  readonly address: string;
  readonly state: string;
  readonly since: string;
  readonly generation: number;
  readonly subscriptions: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly bytes: number;
  readonly lastMessageAt: string | null;
  readonly lastClose: { readonly code: number; readonly reason: string; readonly at: string } | null;
}

/** A subscription of a collector. */
export interface CollectorChannel {
  readonly channel: string;
  readonly symbol: string | null;
  readonly connection: string | null;
  readonly state: string;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly lastDataAt: string | null;
  readonly silentMs: number | null;
  readonly silenceAfterMs: number | null;
  readonly resubscribes: number;
}

/** Rows that are missing, or were. */
export interface CollectorGap {
  readonly at: string;
  readonly channel: string;
  readonly symbol: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string;
  readonly outcome: string;
}

/** What the source of a collector said last. */
export function statusOf({ status }: { readonly status: unknown }): CollectorStatus {
  // The API passes on what the collector says, without a schema of its own.
  return status as CollectorStatus;
}

/** Age from which a status of a run that goes on says nothing any more, in ms. */
const STALE_MS = 15_000;

/** How a collector does, also where it cannot say it itself any more. */
export function stateOf(item: Pick<CollectorItem, "running" | "ageMs" | "status">): string {
  const { state } = statusOf(item);
  if (item.running) return item.ageMs > STALE_MS ? "lost" : state;
  return state === "failed" ? "failed" : "stopped";
}
