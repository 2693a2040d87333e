import type { HrTime } from "@opentelemetry/api";
import type { CollectionResult, DataPoint, Histogram, MetricData } from "@opentelemetry/sdk-metrics";
import { METRICS, type MetricName, type MetricSpec } from "../metrics/metric-spec.ts";
import type { MetricJson, Metrics } from "../metrics/metrics.ts";
import { loadMetricPackages } from "./load-opentelemetry.ts";
import { type OtlpTarget, parseHeaders, signalUrl } from "./otlp-target.ts";
import { resourceOf } from "./resource.ts";

export interface ExportMetricsOptions extends OtlpTarget {
  /** Time between exports. Default 60,000 ms. */
  readonly intervalMs?: number;
}

/** What ends an export of metrics: sends the last values within so many milliseconds. Never throws. */
export type EndExport = (limitMs: number) => Promise<void>;

type Sdk = typeof import("@opentelemetry/sdk-metrics");

/**
 * Sends the same metrics as `/metrics` by OTLP now and then. Fails with MLR_DRIVER_MISSING where the packages are not
 * installed; a collector that does not answer is told of once, and fails nothing.
 */
export async function exportMetrics(metrics: Metrics, options: ExportMetricsOptions): Promise<EndExport> {
  const { sdk, exporter, resources } = await loadMetricPackages();
  const { endpoint, headers, version, intervalMs = 60_000, warn } = options;
  const resource = resourceOf(resources, version);
  const otlp = new exporter.OTLPMetricExporter({
    url: signalUrl(endpoint, "metrics"),
    headers: parseHeaders(headers),
    timeoutMillis: Math.min(10_000, intervalMs),
  });
  const scope = { name: "millrace", version };
  const started = hrTime(performance.timeOrigin);
  let warned = false;
  const send = otlp.export.bind(otlp);
  otlp.export = (values, done) =>
    send(values, (result) => {
      if (result.code === 0) warned = false;
      else if (!warned) {
        warned = true;
        warn?.(`Metrics do not arrive at ${new URL(endpoint).host}: ${result.error?.message ?? "no answer"}`);
      }
      done(result);
    });
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: otlp,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(10_000, intervalMs),
    metricProducers: [
      {
        async collect(): Promise<CollectionResult> {
          const at = { startTime: started, endTime: hrTime(Date.now()) };
          const data = (await metrics.values()).flatMap((each) => dataOf(sdk, each, at) ?? []);
          return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: data }] }, errors: [] };
        },
      },
    ],
  });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  return async (limitMs) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
    await Promise.race([provider.shutdown(), late]).catch(() => undefined);
    clearTimeout(timer);
  };
}

interface Moment {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** Units as OTLP has them (UCUM). */
const UNITS: Readonly<Record<string, string>> = { seconds: "s", bytes: "By", "": "1" };

function dataOf(sdk: Sdk, { name, values }: MetricJson, at: Moment): MetricData | undefined {
  if (values.length === 0) return undefined;
  const spec: MetricSpec = METRICS[name as MetricName];
  const base = {
    descriptor: { name, description: spec.help, unit: UNITS[spec.unit] ?? `{${spec.unit}}`, valueType: 1 },
    aggregationTemporality: sdk.AggregationTemporality.CUMULATIVE,
  };
  const points = values.map(({ labels, value }) => ({ ...at, attributes: labels, value }));
  if (spec.type === "counter")
    return { ...base, dataPointType: sdk.DataPointType.SUM, dataPoints: points, isMonotonic: true };
  if (spec.type === "gauge") return { ...base, dataPointType: sdk.DataPointType.GAUGE, dataPoints: points };
  const dataPoints = histogramPoints(values, spec.buckets ?? [], at);
  return { ...base, dataPointType: sdk.DataPointType.HISTOGRAM, dataPoints };
}

/** Prometheus counts what is at most each bound; OTLP what is between two of them. */
function histogramPoints(
  values: MetricJson["values"],
  boundaries: readonly number[],
  at: Moment,
): DataPoint<Histogram>[] {
  const found = new Map<
    string,
    { attributes: Record<string, string>; cumulative: number[]; sum: number; count: number }
  >();
  for (const { labels, value, metricName } of values as (MetricJson["values"][number] & {
    metricName?: string;
  })[]) {
    const { le, ...others } = labels as Record<string, string | number>;
    const attributes = Object.fromEntries(Object.entries(others).map(([key, each]) => [key, String(each)]));
    const key = JSON.stringify(attributes);
    let point = found.get(key);
    if (point === undefined) found.set(key, (point = { attributes, cumulative: [], sum: 0, count: 0 }));
    if (metricName?.endsWith("_sum") === true) point.sum = value;
    else if (metricName?.endsWith("_count") === true) point.count = value;
    else if (le !== undefined && le !== "+Inf") point.cumulative[boundaries.indexOf(Number(le))] = value;
  }
  return [...found.values()].map(({ attributes, cumulative, sum, count }) => ({
    ...at,
    attributes,
    value: {
      buckets: {
        boundaries: [...boundaries],
        counts: [...cumulative, count].map((each, index, all) => each - (all[index - 1] ?? 0)),
      },
      sum,
      count,
    },
  }));
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1_000) * 1e6))];
}
