import type { HrTime, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { SpanRecord } from "./span-record.ts";
import { SPANS } from "./span-spec.ts";
import type { SpanPlace } from "./trace-ids.ts";

// The numbers of OpenTelemetry's API, whose package need not be loaded for them.
const KINDS: Readonly<Record<"internal" | "client" | "consumer", SpanKind>> = {
  internal: 0,
  client: 2,
  consumer: 4,
};
const UNSET: SpanStatusCode = 0;
const ERROR: SpanStatusCode = 2;

/** A record as the exporter wants it. */
export function readableSpan(record: SpanRecord, resource: Resource, version: string): ReadableSpan {
  const { span, place, parentId, startMs, endMs, error, events = [], links = [] } = record;
  const end = Math.max(startMs, endMs);
  return {
    name: record.title ?? span,
    kind: KINDS[SPANS[span].kind],
    spanContext: () => contextOf(place),
    ...(parentId === undefined ? {} : { parentSpanContext: contextOf({ ...place, spanId: parentId }) }),
    startTime: hrTime(startMs),
    endTime: hrTime(end),
    duration: hrTime(end - startMs),
    status: error === undefined ? { code: UNSET } : { code: ERROR, message: error.message },
    attributes: { ...record.attributes, ...(error === undefined ? {} : { "error.type": error.type }) },
    links: links.map((link) => ({ context: contextOf(link) })),
    events: [
      ...events.map(({ name, atMs, attributes }) => ({
        name,
        time: hrTime(atMs),
        attributes: { ...attributes },
      })),
      ...(error === undefined
        ? []
        : [
            {
              name: "exception",
              time: hrTime(end),
              attributes: { "exception.type": error.type, "exception.message": error.message },
            },
          ]),
    ],
    ended: true,
    resource,
    instrumentationScope: { name: "millrace", version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf({ traceId, spanId, sampled }: SpanPlace): ReturnType<ReadableSpan["spanContext"]> {
  return { traceId, spanId, traceFlags: sampled ? 1 : 0 };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1_000) * 1e6))];
}
