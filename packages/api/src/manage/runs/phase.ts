import type { z } from "zod";
import type { Phase } from "./schemas.ts";

/** One bar of the time line. */
export type PhaseItem = z.output<typeof Phase>;

/** When a run went which way. */
export interface RunTimes {
  readonly status: string;
  readonly queued_at: Date | null;
  readonly available_at: Date | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly created_at: Date;
  readonly now: Date;
}

/** A bar from one time to another, or to now where it goes on. */
export function phaseOf(
  kind: PhaseItem["kind"],
  label: string,
  times: { readonly from: Date; readonly to: Date | null; readonly now: Date },
): PhaseItem {
  const { from, to, now } = times;
  return {
    kind,
    label,
    attempt: null,
    startedAt: from.toISOString(),
    endedAt: to?.toISOString() ?? null,
    durationMs: Math.max(0, (to ?? now).getTime() - from.getTime()),
    outcome: null,
    rows: null,
    error: null,
  };
}
