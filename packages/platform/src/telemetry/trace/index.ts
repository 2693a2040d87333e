export { AttemptTrace, type TracedClaim, type TracedEnd } from "./attempt-trace.ts";
export { OPENTELEMETRY_PACKAGES } from "./load-opentelemetry.ts";
export { exportMetrics } from "./export-metrics.ts";
export type { OtlpTarget } from "./otlp-target.ts";
export { RunTrace, type RunTraceOptions } from "./run-trace.ts";
export type { SpanEvent, SpanRecord } from "./span-record.ts";
export {
  ATTRIBUTES,
  type AttributeName,
  SPAN_EVENTS,
  type SpanName,
  SPANS,
  type SpanSpec,
} from "./span-spec.ts";
export { Spans, type SpansOptions, type SpanStats } from "./spans.ts";
export {
  attemptSpanId,
  formatTraceparent,
  isSampled,
  parseTraceparent,
  type SpanPlace,
  traceIdOf,
} from "./trace-ids.ts";

/** URL of a module that loads what exporting spans needs, for `node --import`. */
export function tracePreload(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./preload.${extension}`, import.meta.url).href;
}
