export { collector } from "../shared/collector/collector.ts";
export type { Collector, FeedHandler, SubscriberOptions } from "../shared/collector/collector-type.ts";
export type {
  CollectorDefinition,
  CollectorOptions,
  CollectorTls,
  Endpoint,
  JournalSettings,
  KeepAlive,
  ReconnectOptions,
  SetupContext,
  SilenceOptions,
} from "../shared/collector/definition.ts";
export type { Feed, FeedGap, Outgoing } from "../shared/collector/feed.ts";
export {
  COLLECTOR_STATES,
  type CollectorState,
  type CollectorTransition,
} from "../shared/collector/state.ts";
export {
  collectorHealth,
  collectorStatus,
  type CollectorHealth,
  type CollectorStatus,
} from "../shared/collector/status.ts";
export { type Subscription, subscriptionKey } from "../shared/collector/subscription.ts";
