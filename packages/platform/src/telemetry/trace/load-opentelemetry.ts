import { MillraceError } from "@millrace/core";

/** Versions that this was tried with. */
export const OPENTELEMETRY_PACKAGES = [
  "@opentelemetry/sdk-trace@2",
  "@opentelemetry/sdk-metrics@2",
  "@opentelemetry/resources@2",
  "@opentelemetry/exporter-trace-otlp-proto@0.223",
  "@opentelemetry/exporter-metrics-otlp-proto@0.223",
] as const;

/** What exporting spans needs. */
export interface TracePackages {
  readonly api: typeof import("@opentelemetry/api");
  readonly sdk: typeof import("@opentelemetry/sdk-trace");
  readonly exporter: typeof import("@opentelemetry/exporter-trace-otlp-proto");
  readonly resources: typeof import("@opentelemetry/resources");
}

/** What exporting metrics needs. */
export interface MetricPackages {
  readonly sdk: typeof import("@opentelemetry/sdk-metrics");
  readonly exporter: typeof import("@opentelemetry/exporter-metrics-otlp-proto");
  readonly resources: typeof import("@opentelemetry/resources");
}

/** Loads the packages of OpenTelemetry. Fails with MLR_DRIVER_MISSING where they are not installed. */
export async function loadTracePackages(): Promise<TracePackages> {
  try {
    const [api, sdk, exporter, resources] = await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-proto"),
      import("@opentelemetry/resources"),
    ]);
    return { api, sdk, exporter, resources };
  } catch (error) {
    throw missing(error);
  }
}

/** As `loadTracePackages`, for metrics. */
export async function loadMetricPackages(): Promise<MetricPackages> {
  try {
    const [sdk, exporter, resources] = await Promise.all([
      import("@opentelemetry/sdk-metrics"),
      import("@opentelemetry/exporter-metrics-otlp-proto"),
      import("@opentelemetry/resources"),
    ]);
    return { sdk, exporter, resources };
  } catch (error) {
    throw missing(error);
  }
}

function missing(error: unknown): MillraceError {
  return new MillraceError("MLR_DRIVER_MISSING", "The packages of OpenTelemetry are not installed", {
    hint: `Run: npm install ${OPENTELEMETRY_PACKAGES.join(" ")}`,
    cause: error,
  });
}
