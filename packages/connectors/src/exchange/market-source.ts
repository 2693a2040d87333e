import type { Collector, FeedHandler, SubscriberOptions } from "../shared/collector/collector-type.ts";
import type { MarketEventKind, MarketEvents } from "./model/market-event.ts";

/** The collector of an exchange, whose callbacks know what they are called with. */
export interface MarketSource extends Collector {
  /** Subscribes to a kind of events, such as `trade`. */
  on<K extends MarketEventKind>(
    type: K,
    handler: (event: MarketEvents[K]) => void | Promise<void>,
    options?: SubscriberOptions,
  ): void;
  on(type: string, handler: FeedHandler, options?: SubscriberOptions): void;
  /** Ends a subscription of `on`. */
  off<K extends MarketEventKind>(type: K, handler: (event: MarketEvents[K]) => void | Promise<void>): void;
  off(type: string, handler: FeedHandler): void;
}
