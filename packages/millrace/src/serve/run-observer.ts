import type { WorkerNotice } from "@millrace/orchestrator";
import type { RunMetrics } from "@millrace/platform/metrics";

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
