import type { WorkerNotice } from "@millrace/orchestrator";
import type { Metrics } from "@millrace/platform/metrics";
import type { SettingValues } from "@millrace/platform/settings";
import { AttemptTrace, exportMetrics, Spans, tracePreload } from "@millrace/platform/traces";
import { version } from "../version.ts";
import { traceRuns } from "./run-observer.ts";

/** What a process that serves sends by OTLP. */
export interface Traces {
  readonly observe: (notice: WorkerNotice) => void;
  /** For the worker's `traceparent`. */
  readonly traceparent: ReturnType<typeof traceRuns>["traceparent"];
  /** For processes of runs to load while they wait. */
  readonly preload: string;
  /** Sends what is left, within some seconds. Never throws. */
  close(): Promise<void>;
}

export interface OpenTraces {
  readonly endpoint: string;
  readonly settings: Pick<SettingValues, "otlpHeaders" | "traceSample">;
  readonly metrics: Metrics;
  readonly warn: (text: string) => void;
}

/** Time for the last spans and metrics when a process ends. */
const CLOSE_MS = 3_000;

/** Begins to send spans of runs, and metrics. What goes wrong is told to `warn`. */
export async function openTraces({ endpoint, settings, metrics, warn }: OpenTraces): Promise<Traces> {
  const target = { endpoint, headers: settings.otlpHeaders, version: version(), warn };
  const spans = new Spans(target);
  // Where the packages are missing, the spans have said so.
  const endMetrics = await exportMetrics(metrics, target).catch(() => undefined);
  const unwatch = metrics.onCollect(() => {
    for (const [status, count] of Object.entries(spans.stats)) {
      metrics.setTotal("millrace_trace_spans_total", { status }, count);
    }
  });
  // Where nothing arrives, the processes of runs are spared the trouble; this one finds out when it does again.
  const traced = traceRuns((claim) => new AttemptTrace(claim, spans, settings.traceSample));
  return {
    observe: traced.observe,
    traceparent: (claim) => (spans.failing ? undefined : traced.traceparent(claim)),
    preload: tracePreload(),
    close: async () => {
      await Promise.all([spans.close(CLOSE_MS), endMetrics?.(CLOSE_MS)]);
      unwatch();
    },
  };
}
