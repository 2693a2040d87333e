import type { Schema } from "./protobuf.ts";

// From github.com/open-telemetry/opentelemetry-proto, version 1: common.proto, resource.proto, trace.proto, metrics.proto.

const anyValue: Schema = {
  1: { name: "stringValue", type: "string" },
  2: { name: "boolValue", type: "bool" },
  3: { name: "intValue", type: "int64" },
  4: { name: "doubleValue", type: "double" },
  5: { name: "arrayValue", type: () => ({ 1: { name: "values", type: anyValue, repeated: true } }) },
  6: { name: "kvlistValue", type: () => ({ 1: { name: "values", type: keyValue, repeated: true } }) },
  7: { name: "bytesValue", type: "bytes" },
};
const keyValue: Schema = { 1: { name: "key", type: "string" }, 2: { name: "value", type: anyValue } };
const attributes = { name: "attributes", type: keyValue, repeated: true } as const;
const resource: Schema = { 1: attributes, 2: { name: "droppedAttributesCount", type: "uint" } };
const scope: Schema = {
  1: { name: "name", type: "string" },
  2: { name: "version", type: "string" },
  3: attributes,
  4: { name: "droppedAttributesCount", type: "uint" },
};
const event: Schema = {
  1: { name: "timeUnixNano", type: "fixed64" },
  2: { name: "name", type: "string" },
  3: attributes,
  4: { name: "droppedAttributesCount", type: "uint" },
};
const link: Schema = {
  1: { name: "traceId", type: "bytes" },
  2: { name: "spanId", type: "bytes" },
  3: { name: "traceState", type: "string" },
  4: attributes,
  5: { name: "droppedAttributesCount", type: "uint" },
  6: { name: "flags", type: "fixed32" },
};
const status: Schema = { 2: { name: "message", type: "string" }, 3: { name: "code", type: "uint" } };
const span: Schema = {
  1: { name: "traceId", type: "bytes" },
  2: { name: "spanId", type: "bytes" },
  3: { name: "traceState", type: "string" },
  4: { name: "parentSpanId", type: "bytes" },
  5: { name: "name", type: "string" },
  6: { name: "kind", type: "uint" },
  7: { name: "startTimeUnixNano", type: "fixed64" },
  8: { name: "endTimeUnixNano", type: "fixed64" },
  9: attributes,
  10: { name: "droppedAttributesCount", type: "uint" },
  11: { name: "events", type: event, repeated: true },
  12: { name: "droppedEventsCount", type: "uint" },
  13: { name: "links", type: link, repeated: true },
  14: { name: "droppedLinksCount", type: "uint" },
  15: { name: "status", type: status },
  16: { name: "flags", type: "fixed32" },
};
const scopeSpans: Schema = {
  1: { name: "scope", type: scope },
  2: { name: "spans", type: span, repeated: true },
  3: { name: "schemaUrl", type: "string" },
};
const resourceSpans: Schema = {
  1: { name: "resource", type: resource },
  2: { name: "scopeSpans", type: scopeSpans, repeated: true },
  3: { name: "schemaUrl", type: "string" },
};

const numberPoint: Schema = {
  2: { name: "startTimeUnixNano", type: "fixed64" },
  3: { name: "timeUnixNano", type: "fixed64" },
  4: { name: "asDouble", type: "double" },
  6: { name: "asInt", type: "sfixed64" },
  7: attributes,
  8: { name: "flags", type: "uint" },
};
const histogramPoint: Schema = {
  2: { name: "startTimeUnixNano", type: "fixed64" },
  3: { name: "timeUnixNano", type: "fixed64" },
  4: { name: "count", type: "fixed64" },
  5: { name: "sum", type: "double" },
  6: { name: "bucketCounts", type: "fixed64", repeated: true },
  7: { name: "explicitBounds", type: "double", repeated: true },
  9: attributes,
  10: { name: "flags", type: "uint" },
  11: { name: "min", type: "double" },
  12: { name: "max", type: "double" },
};
const points = (type: Schema) => ({ name: "dataPoints", type, repeated: true }) as const;
const temporality = { name: "aggregationTemporality", type: "uint" } as const;
const metric: Schema = {
  1: { name: "name", type: "string" },
  2: { name: "description", type: "string" },
  3: { name: "unit", type: "string" },
  5: { name: "gauge", type: { 1: points(numberPoint) } },
  7: {
    name: "sum",
    type: { 1: points(numberPoint), 2: temporality, 3: { name: "isMonotonic", type: "bool" } },
  },
  9: { name: "histogram", type: { 1: points(histogramPoint), 2: temporality } },
};
const scopeMetrics: Schema = {
  1: { name: "scope", type: scope },
  2: { name: "metrics", type: metric, repeated: true },
  3: { name: "schemaUrl", type: "string" },
};
const resourceMetrics: Schema = {
  1: { name: "resource", type: resource },
  2: { name: "scopeMetrics", type: scopeMetrics, repeated: true },
  3: { name: "schemaUrl", type: "string" },
};

/** ExportTraceServiceRequest */
export const TRACES: Schema = { 1: { name: "resourceSpans", type: resourceSpans, repeated: true } };
/** ExportMetricsServiceRequest */
export const METRICS_REQUEST: Schema = {
  1: { name: "resourceMetrics", type: resourceMetrics, repeated: true },
};
