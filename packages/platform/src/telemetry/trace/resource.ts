import { hostname } from "node:os";
import type { Resource } from "@opentelemetry/resources";

/** What sends telemetry: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say more, and win. */
export function resourceOf(
  { resourceFromAttributes, detectResources, envDetector }: typeof import("@opentelemetry/resources"),
  version: string,
): Resource {
  return resourceFromAttributes({
    "service.name": "millrace",
    "service.version": version,
    "host.name": hostname(),
    "process.pid": process.pid,
  }).merge(detectResources({ detectors: [envDetector] }));
}
