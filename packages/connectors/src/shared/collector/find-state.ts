import type { CollectorState } from "./state.ts";

/** How long after its start connections that do not stand yet are nothing to worry about, in ms. */
const SETTLE_MS = 10_000;

/** The state of a collector that runs. */
export function findState(facts: {
  /** Connections that stand, and all. */
  readonly open: number;
  readonly places: number;
  /** All have stood since it was started. */
  readonly settled: boolean;
  readonly ageMs: number;
  readonly problems: number;
}): CollectorState {
  const { open, places, settled, ageMs, problems } = facts;
  if (!settled && (ageMs < SETTLE_MS || open === 0)) return "connecting";
  if (open === 0 && places > 0) return "reconnecting";
  return problems > 0 ? "degraded" : "running";
}
