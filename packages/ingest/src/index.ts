export { PUSH_LIMITS, type PushLimits } from "./door/push-limits.ts";
export type { ReadParquetBody } from "./door/read-parquet-body.ts";
export type { LandingLimits } from "./landing/stream-landing.ts";
export { LANDING_LIMITS } from "./service/landing-limits.ts";
export { openIngest, type OpenedIngest, type OpenIngest } from "./service/open-ingest.ts";
export type { TlsFiles } from "./service/tls.ts";
