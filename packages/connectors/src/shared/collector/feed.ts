import type { Json, MillraceError, Row } from "@millrace/core";
import type { Subscription } from "./subscription.ts";

/** A message for the server: a text, bytes, or what becomes JSON. */
export type Outgoing = string | Uint8Array | { readonly [key: string]: unknown } | readonly unknown[];

/** Rows that are missing, or were. */
export interface FeedGap {
  readonly channel: string;
  readonly symbol?: string;
  /** The last known before it and the first after it, as the server numbers them; null: not known. */
  readonly from: string | null;
  readonly to: string | null;
  /** Why, for people. */
  readonly reason: string;
  /** `filled`: fetched since; `marked`: lost. */
  readonly outcome: "filled" | "marked";
}

/**
 * One connection to a server, as a collector's functions see it. What a function is told and tells here is of this connection
 * alone; a reconnect makes a new one, with the same `id` and the next `generation`.
 */
export interface Feed {
  /** Name of the place among the collector's connections, such as `public-1`: the same after a reconnect. */
  readonly id: string;
  /** `Endpoint.id`. */
  readonly endpoint: string;
  /** 1 for the first connection of this place. */
  readonly generation: number;
  /** True while the connection that it replaces still delivers, in a planned reconnect: both deliver the same then. */
  readonly standby: boolean;
  /** Aborted when the connection has ended. */
  readonly signal: AbortSignal;
  /** What it has subscribed to, or is about to, by `subscriptionKey`. */
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /** When the message arrived that is being parsed, in milliseconds since 1970 with fractions. */
  readonly receivedAt: number;

  /**
   * Data of a subscription came: its silence ends, and it is counted.
   * @param exchangeTimeMs when it happened by the server's clock, in ms since 1970, for the lag
   */
  data(key: string, exchangeTimeMs?: number): void;
  /** Lands rows. They are never dropped; what cannot be committed yet waits in memory, then on disk. */
  land(stream: string, rows: readonly Row[]): void;
  /** Calls those who have subscribed to a type with `on`. Costs nothing where there are none; ask `wanted` before making values. */
  emit(type: string, value: unknown): void;
  /** Somebody has subscribed to the type with `on`. */
  wanted(type: string): boolean;
  /** Says how far the collector is with something, such as the last trade of a symbol: committed together with the rows landed so far. */
  position(key: string, value: Json): void;
  /** What was said last, also by an earlier run whose rows were committed. */
  positionOf(key: string): Json | undefined;

  /** The server confirmed a subscription. */
  accepted(key: string): void;
  /** The server refused a subscription; an error with retry `never` fails it for good, others are tried again later. */
  refused(key: string, error: MillraceError): void;
  /** Unsubscribes and subscribes once, for a fresh snapshot. Asked again before data came: nothing happens. */
  resubscribe(key: string, reason: string): void;
  /** Sends a message, within the server's limit of rate. */
  send(message: Outgoing): void;
  /** What the keep-alive waits for came. */
  pong(): void;

  /** Asks for a new connection before this one is dropped, as when the server says that it is about to go. */
  rotate(reason: string): void;
  /** Drops this connection and connects again. */
  reconnect(reason: string): void;
  /** Fails the collector for good: connecting again would not help. */
  fail(error: MillraceError): void;
  /** The message cannot be used: it is kept raw in the quarantine of the collector, and counted. */
  invalid(raw: string | Uint8Array, reason: string): void;
  /** Something is missing, or was: counted, and shown. */
  gap(gap: FeedGap): void;
  /** Counts something of the collector's own, such as `books.resynced`, shown in its status. */
  count(name: string, by?: number): void;

  /** Work that belongs to the connection: ended with it, and waited for. An error reconnects. */
  task(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /** Calls `work` after so many milliseconds, unless the connection has ended by then. Returns what cancels it. */
  after(ms: number, name: string, work: () => void): () => void;
  /** Says something to whoever watches the run. */
  log(level: "debug" | "info" | "warn", message: string, details?: Record<string, Json>): void;
}
