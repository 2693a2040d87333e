/** What dashboards ask for often, computed once. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** Every recording rule. */
export const RECORDING_RULES: readonly RecordingRule[] = [
  {
    record: "millrace:runs_finished:rate5m",
    expr: "sum by (status) (rate(millrace_runs_finished_total[5m]))",
  },
  {
    record: "millrace:run_failures:ratio1h",
    expr: 'sum by (pipeline) (increase(millrace_runs_finished_total{status=~"failed|died"}[1h])) / sum by (pipeline) (increase(millrace_runs_finished_total[1h]))',
  },
  { record: "millrace:rows_read:rate5m", expr: "sum by (pipeline) (rate(millrace_rows_read_total[5m]))" },
  {
    record: "millrace:rows_changed:rate5m",
    expr: "sum by (pipeline) (rate(millrace_rows_inserted_total[5m])) + sum by (pipeline) (rate(millrace_rows_updated_total[5m]))",
  },
  {
    record: "millrace:queue_wait_seconds:p99_5m",
    expr: "histogram_quantile(0.99, sum by (queue, le) (rate(millrace_queue_wait_seconds_bucket[5m])))",
  },
  {
    record: "millrace:schedule_lateness_seconds:p99_15m",
    expr: "histogram_quantile(0.99, sum by (queue, le) (rate(millrace_schedule_lateness_seconds_bucket[15m])))",
  },
  {
    record: "millrace:run_duration_seconds:p95_1h",
    expr: "histogram_quantile(0.95, sum by (pipeline, le) (rate(millrace_run_duration_seconds_bucket[1h])))",
  },
  {
    record: "millrace:worker_slots_busy:ratio",
    expr: 'sum(millrace_worker_slots{status="busy"}) / sum(millrace_worker_slots)',
  },
  {
    record: "millrace:api_request_seconds:p95_5m",
    expr: "histogram_quantile(0.95, sum by (route, le) (rate(millrace_api_request_seconds_bucket[5m])))",
  },
];
