import { createHash } from "node:crypto";

/** Where a span is: its trace, its id, and whether the trace is kept. */
export interface SpanPlace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** The trace of a run: its id without the dashes, so that who knows one knows the other. Another text is digested. */
export function traceIdOf(run: string): string {
  const digits = run.replaceAll("-", "").toLowerCase();
  // All zeros is no trace id.
  if (/^[0-9a-f]{32}$/.test(digits) && /[1-9a-f]/.test(digits)) return digits;
  return digest(`millrace trace ${run}`, 32);
}

/** The span of one attempt of a run, which the worker and the run's process both know. */
export function attemptSpanId(run: string, tries: number): string {
  return digest(`millrace attempt ${tries} of ${run}`, 16);
}

/** Whether a trace is kept where only a share of them is: the same answer everywhere. */
export function isSampled(traceId: string, share: number): boolean {
  // The last digits of a run's id are random, the first ones its time.
  return Number.parseInt(traceId.slice(-8), 16) / 2 ** 32 < share;
}

/** The place as the header `traceparent` of W3C Trace Context. */
export function formatTraceparent({ traceId, spanId, sampled }: SpanPlace): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/** What a `traceparent` says; undefined where it is none. */
export function parseTraceparent(text: string): SpanPlace | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(text);
  const [, traceId = "", spanId = "", flags = ""] = match ?? [];
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

function digest(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
