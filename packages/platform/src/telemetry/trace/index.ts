export {
  attemptSpanId,
  formatTraceparent,
  isSampled,
  parseTraceparent,
  type SpanPlace,
  traceIdOf,
} from "./trace-ids.ts";
