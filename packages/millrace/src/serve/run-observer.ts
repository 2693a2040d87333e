import type { WorkerNotice } from "@millrace/orchestrator";
import type { RunMetrics } from "@millrace/platform/metrics";
import type { AttemptTrace } from "@millrace/platform/traces";

type Claim = Extract<WorkerNotice, { type: "claimed" }>["claim"];

/** Counts what a worker tells of its runs. */
export function countRuns(metrics: RunMetrics): (notice: WorkerNotice) => void {
  /** When attempts that go on were claimed: by the clock, and in ms that never jump. */
  const claimed = new Map<string, { readonly at: number; readonly monotonic: number }>();
  return (notice) => {
    if (notice.type === "reaped") {
      for (const { pipeline, status } of notice.attempts) {
        if (status !== "queued") metrics.over(pipeline, status);
      }
      return;
    }
    const { claim } = notice;
    const since = claimed.get(claim.token);
    if (notice.type === "claimed") {
      claimed.set(claim.token, { at: Date.now(), monotonic: performance.now() });
      metrics.started(claim);
    } else if (notice.type === "event") {
      const { event } = notice;
      if (event.type === "started" && since !== undefined) metrics.began(claim.queue, event.at - since.at);
      metrics.event(claim.pipeline, event);
    } else {
      claimed.delete(claim.token);
      const durationMs = performance.now() - (since?.monotonic ?? performance.now());
      metrics.ended(claim.pipeline, { ...notice.end, outcome: notice.outcome, durationMs });
    }
  };
}

/** Traces what a worker tells of its runs. @param open makes the trace of a run; undefined: none */
export function traceRuns(open: (claim: Claim) => AttemptTrace | undefined): {
  readonly observe: (notice: WorkerNotice) => void;
  readonly traceparent: (claim: Claim) => string | undefined;
} {
  const traces = new Map<string, AttemptTrace>();
  return {
    traceparent: ({ token }) => traces.get(token)?.traceparent,
    observe: (notice) => {
      if (notice.type === "reaped") return;
      const { token } = notice.claim;
      if (notice.type === "claimed") {
        const trace = open(notice.claim);
        if (trace !== undefined) traces.set(token, trace);
        return;
      }
      const trace = traces.get(token);
      if (notice.type === "ended") {
        traces.delete(token);
        trace?.ended(notice);
      } else if (notice.event.type === "started") trace?.began(notice.event.at);
      else if (notice.event.type === "retrying") trace?.retrying(notice.event.error.code);
    },
  };
}
