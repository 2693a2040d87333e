import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

/** The delays that are told are of the last minute, or less. */
const WINDOW_MS = 60_000;
/** How finely delays are seen. A finer one wakes an idle process more often. */
const RESOLUTION_MS = 20;

/** Tells what this process uses, until what it returns is called. */
export function watchProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let since = performance.now();
  metrics.set("process_start_time_seconds", performance.timeOrigin / 1_000);
  const unwatch = metrics.onCollect(() => {
    const { user, system } = process.cpuUsage();
    metrics.setTotal("process_cpu_seconds_total", {}, (user + system) / 1e6);
    const { rss, heapUsed } = process.memoryUsage();
    metrics.set("process_resident_memory_bytes", rss);
    metrics.set("nodejs_heap_size_used_bytes", heapUsed);
    const seconds = (ns: number): number => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3);
    metrics.set("nodejs_eventloop_lag_mean_seconds", seconds(delay.mean));
    metrics.set("nodejs_eventloop_lag_p99_seconds", seconds(delay.percentile(99)));
    metrics.set("nodejs_eventloop_lag_max_seconds", seconds(delay.max));
    if (performance.now() - since < WINDOW_MS) return;
    since = performance.now();
    delay.reset();
  });
  return () => {
    unwatch();
    delay.disable();
  };
}
