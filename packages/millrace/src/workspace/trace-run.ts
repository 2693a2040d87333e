import type { RunEvent, RunReport, StepListener } from "@millrace/core";
import type { SettingValues } from "@millrace/platform/settings";
import { version } from "../version.ts";

/** The trace of a run that goes on in this process. */
export interface TracedRun {
  /** For core's `steps`. */
  readonly steps: StepListener;
  readonly observe: (event: RunEvent) => void;
  /** The run is over: sends what is left, for a second at most. Never throws. */
  end(report: Pick<RunReport, "status" | "tables" | "error">): Promise<void>;
}

export interface TraceRunOptions {
  readonly settings: Pick<SettingValues, "otlpEndpoint" | "otlpHeaders" | "traceSample">;
  readonly run: string;
  readonly pipeline: string;
  readonly group?: string | undefined;
  /** The worker's span; absent: nobody has made one, and this process does. */
  readonly traceparent?: string | undefined;
  readonly warn?: (text: string) => void;
}

/** Longest time that a run takes longer because its last spans are sent. */
const FLUSH_MS = 1_000;

/** The trace of a run; undefined where the settings name no endpoint, or this run is not among those that are traced. */
export async function traceRun(options: TraceRunOptions): Promise<TracedRun | undefined> {
  const { settings, run, pipeline, group, traceparent, warn } = options;
  const { otlpEndpoint: endpoint, otlpHeaders: headers, traceSample } = settings;
  if (endpoint === undefined) return undefined;
  const { isSampled, parseTraceparent, RunTrace, Spans, traceIdOf } =
    await import("@millrace/platform/traces");
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const sampled = parent?.sampled ?? isSampled(traceIdOf(run), traceSample);
  if (!sampled) return undefined;
  const spans = new Spans({
    endpoint,
    headers,
    version: version(),
    timeoutMs: 3_000,
    delayMs: 1_000,
    ...(warn === undefined ? {} : { warn }),
  });
  const trace = new RunTrace({ spans, run, pipeline, group, parent });
  return {
    steps: trace.steps,
    observe: (event) => trace.observe(event),
    end: async (report) => {
      trace.end(report);
      await spans.close(FLUSH_MS);
    },
  };
}
