import type { RunEvent, RunReport } from "@millrace/core";
import type { Claim } from "../queue/claim.ts";
import type { AttemptEnd, ProcessEnd } from "../queue/end-attempt.ts";

/**
 * How an attempt ended, as it is recorded. `queued`: its process died, and another attempt follows. `lost`: another worker
 * has the run, or may have it; what becomes of it that one tells.
 */
export type AttemptOutcome = "succeeded" | "failed" | "stopped" | "cancelled" | "died" | "queued" | "lost";

/** What a worker tells of its runs while they go on, for metrics and traces. */
export type WorkerNotice =
  | { readonly type: "claimed"; readonly claim: Claim }
  | { readonly type: "event"; readonly claim: Claim; readonly event: RunEvent }
  /** Attempts of other workers, which are gone, as this one found and recorded. */
  | { readonly type: "reaped"; readonly attempts: readonly AttemptEnd[] }
  | {
      readonly type: "ended";
      readonly claim: Claim;
      readonly outcome: AttemptOutcome;
      /** Absent where the process ended without one. */
      readonly report?: RunReport;
      readonly end: ProcessEnd;
    };
