/**
 * What a collector does. `connecting`: the first connections are being made. `running`: all is well. `degraded`: it runs, and
 * something is wrong. `reconnecting`: no connection stands any more. `stopping`: it is being ended. `failed`: it has given up.
 */
export const COLLECTOR_STATES = [
  "stopped",
  "connecting",
  "running",
  "degraded",
  "reconnecting",
  "stopping",
  "failed",
] as const;

/** One of `COLLECTOR_STATES`. */
export type CollectorState = (typeof COLLECTOR_STATES)[number];

/** From one state to another. */
export interface CollectorTransition {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly from: CollectorState;
  readonly to: CollectorState;
  /** Why, for people. */
  readonly reason: string;
}
