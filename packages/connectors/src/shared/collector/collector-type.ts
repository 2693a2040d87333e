import type { Source } from "@millrace/core";
import type { CollectorHealth, CollectorStatus } from "./status.ts";
import type { Subscription } from "./subscription.ts";

/** How a subscriber is called that does not keep up. These are for callbacks alone: what lands is never dropped. */
export interface SubscriberOptions {
  /**
   * `block`: reading waits for it. `drop-oldest`: the oldest of its queue are dropped, and counted. `conflate`: of each key the
   * latest is kept. Default `drop-oldest`.
   */
  readonly policy?: "block" | "drop-oldest" | "conflate";
  /** Values that may wait. Default 1,000. */
  readonly queue?: number;
  /** With `conflate`: values of one key replace one another. Default: the property `symbol`. */
  readonly key?: (value: unknown) => string;
}

/** Is called with each value of a type, one after the other. What it throws is counted and logged, and stops nothing. */
export type FeedHandler = (value: unknown) => void | Promise<void>;

/**
 * A supervised live source. In a pipeline the run starts and stops it; by itself it is started with `start`, calls those who
 * subscribed with `on`, and lands nothing.
 */
export interface Collector extends Source {
  readonly name: string;
  readonly endless: true;
  /** Subscribes to a type of values, such as `trade`. */
  on(type: string, handler: FeedHandler, options?: SubscriberOptions): void;
  /** Ends a subscription of `on`. */
  off(type: string, handler: FeedHandler): void;
  /** Connects. Resolves when all connections were begun; fails with what makes it impossible. */
  start(): Promise<void>;
  /** Ends all connections, timers and work. */
  stop(reason?: string): Promise<void>;
  restart(reason?: string): Promise<void>;
  /** Drops a connection, or all, which then reconnect. */
  disconnect(connection?: string): Promise<void>;
  /** Subscribes to more while it runs. */
  subscribe(subscriptions: readonly Subscription[]): void;
  /** Ends subscriptions, by key, until the next start. Default: all. */
  unsubscribe(keys?: readonly string[]): void;
  /** Made once a second, and served from a cache in between. */
  status(): CollectorStatus;
  healthStatus(): CollectorHealth;
}
