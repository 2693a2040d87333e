import type { LogRouter } from "../log/router/log-router.ts";
import type { Metrics } from "./metrics.ts";

const TOTALS = {
  delivered: "delivered",
  fellBack: "fallback",
  replayed: "replayed",
  refused: "refused",
  lost: "lost",
} as const;

/** Tells what becomes of log records, of all sinks together. Returns what ends it. */
export function watchLogs(metrics: Metrics, router: Pick<LogRouter, "stats">): () => void {
  return metrics.onCollect(() => {
    const stats = router.stats();
    const sum = (of: (each: (typeof stats)[number]) => number): number =>
      stats.reduce((total, each) => total + of(each), 0);
    metrics.set(
      "millrace_log_records",
      sum(({ waiting }) => waiting),
      { status: "waiting" },
    );
    metrics.set(
      "millrace_log_sinks_down",
      sum(({ state }) => (state === "down" ? 1 : 0)),
    );
    for (const field of Object.keys(TOTALS) as (keyof typeof TOTALS)[]) {
      metrics.setTotal(
        "millrace_log_records_total",
        { status: TOTALS[field] },
        sum((each) => each[field]),
      );
    }
  });
}
