import type { Clock, Json, Row } from "@millrace/core";
import type { CollectorDefinition, CollectorOptions } from "./definition.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { FeedGap } from "./feed.ts";
import type { Lag } from "./lag.ts";

/** What connections tell the collector that they belong to. */
export interface CollectorHost {
  readonly definition: CollectorDefinition;
  readonly options: CollectorOptions;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly lag: { readonly received: Lag };
  /** Ms since 1970, with fractions. */
  now(): number;
  received(bytes: number): void;
  land(stream: string, rows: readonly Row[], receivedAt: number): void;
  position(key: string, value: Json): void;
  positionOf(key: string): Json | undefined;
  /** @param error what `parse` threw, for the log */
  invalid(raw: string | Uint8Array, reason: string, receivedAt: number, error?: unknown): void;
  gap(gap: FeedGap): void;
  count(name: string, by: number): void;
  error(error: unknown): void;
  say(level: "debug" | "info" | "warn", message: string, details?: Record<string, Json>): void;
  /** Something happened that may change the collector's state. */
  judge(reason: string): void;
}
