export { watchControl, type WatchControl } from "./control-metrics.ts";
export { askHealth, type CheckResult, type HealthCheck } from "./health.ts";
export { watchLogs } from "./log-metrics.ts";
export { METRICS, type MetricLabel, type MetricName, type MetricSpec } from "./metric-spec.ts";
export { type Labels, type MetricJson, type MetricLimits, Metrics } from "./metrics.ts";
export {
  METRICS_PORT,
  type MetricsServer,
  type MetricsServerOptions,
  openMetricsServer,
} from "./metrics-server.ts";
export { watchProcess } from "./process-metrics.ts";
export { type EndedRun, RunMetrics, type StartedRun } from "./run-metrics.ts";
