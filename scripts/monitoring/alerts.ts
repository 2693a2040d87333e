/** One alert, with the series that make it fire in its unit test. */
export interface Alert {
  readonly name: string;
  readonly severity: "page" | "warn";
  readonly expr: string;
  /** How long it has to hold, such as `5m`. */
  readonly holds: string;
  readonly summary: string;
  readonly example: AlertExample;
}

/** Series in the notation of promtool, a value per minute, and what is to fire at `at`. */
export interface AlertExample {
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** Labels of what fires, besides `severity`. */
  readonly labels: Readonly<Record<string, string>>;
  /** The summary, with its labels in place. */
  readonly says: string;
}

/** Growth of a counter within `window`, and what it began with: a counter is there once it has counted something. */
function grown(metric: string, by: string, window: string): string {
  return [
    `sum by (${by}) (increase(${metric}[${window}])) > 0`,
    `or (sum by (${by}) (${metric}) unless sum by (${by}) (${metric} offset ${window})) > 0`,
  ].join("\n");
}

const quantile = (of: number, metric: string, by: string, window: string): string =>
  `histogram_quantile(${of}, sum by (${by}, le) (rate(${metric}_bucket[${window}])))`;

/** Every alert. Each has a page docs/runbooks/<name in lower case with dashes>.md. */
export const ALERTS: readonly Alert[] = [
  {
    name: "MillracePipelineFailing",
    severity: "page",
    expr: grown('millrace_runs_finished_total{status=~"failed|died"}', "pipeline", "1h"),
    holds: "0m",
    summary: "The pipeline {{ $labels.pipeline }} failed within the last hour",
    example: {
      series: { 'millrace_runs_finished_total{pipeline="prices",status="failed"}': "_x5 1x10" },
      at: "8m",
      labels: { pipeline: "prices" },
      says: "The pipeline prices failed within the last hour",
    },
  },
  {
    name: "MillraceRunsKilled",
    severity: "page",
    expr: 'sum by (status) (increase(millrace_run_process_exits_total{status=~"SIG.+"}[1h])) > 2',
    holds: "0m",
    summary: "Processes of runs are ended by {{ $labels.status }}",
    example: {
      series: { 'millrace_run_process_exits_total{status="SIGKILL"}': "0+1x10" },
      at: "10m",
      labels: { status: "SIGKILL" },
      says: "Processes of runs are ended by SIGKILL",
    },
  },
  {
    name: "MillraceNoScheduler",
    severity: "page",
    expr: "(sum(millrace_scheduler_up) or vector(0)) < 1",
    holds: "2m",
    summary: "No process keeps the schedules",
    example: {
      series: { millrace_scheduler_up: "1 1 0x10" },
      at: "8m",
      labels: {},
      says: "No process keeps the schedules",
    },
  },
  {
    name: "MillraceNoWorker",
    severity: "page",
    expr: 'sum by (queue) (millrace_queue_runs{status="ready"}) > 0\nunless on (queue) sum by (queue) (millrace_workers{status="alive"}) > 0',
    holds: "3m",
    summary: "Runs wait in the queue {{ $labels.queue }}, and no worker takes them",
    example: {
      series: {
        'millrace_queue_runs{queue="gpu",status="ready"}': "4x10",
        'millrace_workers{queue="gpu",status="alive"}': "0x10",
      },
      at: "5m",
      labels: { queue: "gpu" },
      says: "Runs wait in the queue gpu, and no worker takes them",
    },
  },
  {
    name: "MillraceQueueWaiting",
    severity: "warn",
    expr: "max by (queue) (millrace_queue_oldest_wait_seconds) > 600",
    holds: "5m",
    summary: "A run has waited for more than 10 minutes in the queue {{ $labels.queue }}",
    example: {
      series: { 'millrace_queue_oldest_wait_seconds{queue="default"}': "700+60x10" },
      at: "7m",
      labels: { queue: "default" },
      says: "A run has waited for more than 10 minutes in the queue default",
    },
  },
  {
    name: "MillraceSchedulesLate",
    severity: "warn",
    expr: `${quantile(0.99, "millrace_schedule_lateness_seconds", "queue", "15m")} > 60`,
    holds: "5m",
    summary: "Runs of the queue {{ $labels.queue }} start more than a minute late",
    example: {
      series: {
        'millrace_schedule_lateness_seconds_bucket{queue="default",le="60"}': "0x30",
        'millrace_schedule_lateness_seconds_bucket{queue="default",le="600"}': "0+1x30",
        'millrace_schedule_lateness_seconds_bucket{queue="default",le="+Inf"}': "0+1x30",
      },
      at: "20m",
      labels: { queue: "default" },
      says: "Runs of the queue default start more than a minute late",
    },
  },
  {
    name: "MillraceWorkerLost",
    severity: "warn",
    expr: "millrace_worker_up == 0",
    holds: "2m",
    summary: "The worker at {{ $labels.instance }} has lost its session",
    example: {
      series: { 'millrace_worker_up{instance="w1"}': "0x10" },
      at: "4m",
      labels: { instance: "w1" },
      says: "The worker at w1 has lost its session",
    },
  },
  {
    name: "MillraceTargetDown",
    severity: "page",
    expr: 'up{job="millrace"} == 0',
    holds: "2m",
    summary: "{{ $labels.instance }} does not answer",
    example: {
      series: { 'up{job="millrace",instance="w1"}': "0x10" },
      at: "4m",
      labels: { instance: "w1", job: "millrace" },
      says: "w1 does not answer",
    },
  },
  {
    name: "MillraceDatabaseDown",
    severity: "page",
    expr: "millrace_database_up == 0",
    holds: "1m",
    summary: "The control database does not answer {{ $labels.instance }}",
    example: {
      series: { 'millrace_database_up{instance="w1"}': "0x10" },
      at: "3m",
      labels: { instance: "w1" },
      says: "The control database does not answer w1",
    },
  },
  {
    name: "MillraceConnectionsExhausted",
    severity: "warn",
    expr: 'millrace_database_connections{status="waiting"} > 0',
    holds: "5m",
    summary: "Requests of {{ $labels.instance }} wait for a connection to the control database",
    example: {
      series: { 'millrace_database_connections{status="waiting",instance="w1"}': "3x10" },
      at: "7m",
      labels: { instance: "w1", status: "waiting" },
      says: "Requests of w1 wait for a connection to the control database",
    },
  },
  {
    name: "MillraceSourceSilent",
    severity: "page",
    expr: "max by (pipeline) (millrace_source_silence_seconds) > 60",
    holds: "1m",
    summary: "The live source of {{ $labels.pipeline }} has not been heard of for a minute",
    example: {
      series: { 'millrace_source_silence_seconds{pipeline="trades",status="collector"}': "1 61+60x10" },
      at: "4m",
      labels: { pipeline: "trades" },
      says: "The live source of trades has not been heard of for a minute",
    },
  },
  {
    name: "MillraceRowsRejected",
    severity: "warn",
    expr: "sum by (pipeline) (rate(millrace_rows_rejected_total[15m])) / sum by (pipeline) (rate(millrace_rows_read_total[15m])) > 0.05",
    holds: "5m",
    summary: "More than 5 % of the rows of {{ $labels.pipeline }} are rejected",
    example: {
      series: {
        'millrace_rows_rejected_total{pipeline="prices",table="prices"}': "0+10x30",
        'millrace_rows_read_total{pipeline="prices",table="prices"}': "0+100x30",
      },
      at: "15m",
      labels: { pipeline: "prices" },
      says: "More than 5 % of the rows of prices are rejected",
    },
  },
  {
    name: "MillraceQualityFailing",
    severity: "warn",
    expr: grown('millrace_quality_results_total{status="failed"}', "pipeline, table", "1h"),
    holds: "0m",
    summary: "A quality rule of {{ $labels.table }} failed ({{ $labels.pipeline }})",
    example: {
      series: { 'millrace_quality_results_total{pipeline="prices",table="eod",status="failed"}': "1x10" },
      at: "3m",
      labels: { pipeline: "prices", table: "eod" },
      says: "A quality rule of eod failed (prices)",
    },
  },
  {
    name: "MillraceLogsLost",
    severity: "page",
    expr: grown('millrace_log_records_total{status="lost"}', "instance", "1h"),
    holds: "0m",
    summary: "Log lines are lost at {{ $labels.instance }}",
    example: {
      series: { 'millrace_log_records_total{status="lost",instance="w1"}': "1x10" },
      at: "3m",
      labels: { instance: "w1" },
      says: "Log lines are lost at w1",
    },
  },
  {
    name: "MillraceLogSinkDown",
    severity: "warn",
    expr: "millrace_log_sinks_down > 0",
    holds: "10m",
    summary: "A log sink of {{ $labels.instance }} takes nothing",
    example: {
      series: { 'millrace_log_sinks_down{instance="w1"}': "1x20" },
      at: "12m",
      labels: { instance: "w1" },
      says: "A log sink of w1 takes nothing",
    },
  },
  {
    name: "MillraceNotificationsFailing",
    severity: "warn",
    expr: grown('millrace_notifications_total{status="failed"}', "instance", "1h"),
    holds: "0m",
    summary: "Notifications could not be delivered by {{ $labels.instance }}",
    example: {
      series: { 'millrace_notifications_total{status="failed",instance="s1"}': "1x10" },
      at: "3m",
      labels: { instance: "s1" },
      says: "Notifications could not be delivered by s1",
    },
  },
  {
    name: "MillraceEventsLagging",
    severity: "warn",
    expr: "max(millrace_events_lag_seconds) > 300",
    holds: "5m",
    summary: "Events have not been handled for more than 5 minutes",
    example: {
      series: { millrace_events_lag_seconds: "400x10" },
      at: "7m",
      labels: {},
      says: "Events have not been handled for more than 5 minutes",
    },
  },
  {
    name: "MillraceIngestDown",
    severity: "page",
    expr: "max by (pipeline) (millrace_ingest_down) == 1",
    holds: "2m",
    summary: "Nothing that is pushed to {{ $labels.pipeline }} lands",
    example: {
      series: { 'millrace_ingest_down{pipeline="clicks"}': "1x10" },
      at: "4m",
      labels: { pipeline: "clicks" },
      says: "Nothing that is pushed to clicks lands",
    },
  },
  {
    name: "MillraceIngestErrors",
    severity: "warn",
    expr: 'sum(rate(millrace_ingest_requests_total{status=~"5.."}[10m])) / sum(rate(millrace_ingest_requests_total[10m])) > 0.01',
    holds: "5m",
    summary: "More than 1 % of the pushed requests fail",
    example: {
      series: {
        'millrace_ingest_requests_total{status="200"}': "0+90x30",
        'millrace_ingest_requests_total{status="503"}': "0+10x30",
      },
      at: "15m",
      labels: {},
      says: "More than 1 % of the pushed requests fail",
    },
  },
  {
    name: "MillraceApiSlow",
    severity: "warn",
    expr: `${quantile(0.95, "millrace_api_request_seconds", "route", "10m")} > 2`,
    holds: "5m",
    summary: "The API is slow: {{ $labels.route }}",
    example: {
      series: {
        'millrace_api_request_seconds_bucket{route="GET /api/v1/runs",status="2xx",le="2.5"}': "0x30",
        'millrace_api_request_seconds_bucket{route="GET /api/v1/runs",status="2xx",le="10"}': "0+5x30",
        'millrace_api_request_seconds_bucket{route="GET /api/v1/runs",status="2xx",le="+Inf"}': "0+5x30",
      },
      at: "15m",
      labels: { route: "GET /api/v1/runs" },
      says: "The API is slow: GET /api/v1/runs",
    },
  },
  {
    name: "MillraceEventLoopBlocked",
    severity: "warn",
    expr: "nodejs_eventloop_lag_p99_seconds > 0.5",
    holds: "5m",
    summary: "The event loop of {{ $labels.instance }} is blocked",
    example: {
      series: { 'nodejs_eventloop_lag_p99_seconds{instance="w1"}': "0.8x10" },
      at: "7m",
      labels: { instance: "w1" },
      says: "The event loop of w1 is blocked",
    },
  },
  {
    name: "MillraceMemoryHigh",
    severity: "warn",
    expr: "nodejs_heap_size_used_bytes > 1.5e9",
    holds: "10m",
    summary: "{{ $labels.instance }} uses more than 1.5 GB of heap",
    example: {
      series: { 'nodejs_heap_size_used_bytes{instance="w1"}': "1600000000x20" },
      at: "12m",
      labels: { instance: "w1" },
      says: "w1 uses more than 1.5 GB of heap",
    },
  },
];

/** `MillraceNoWorker` → `no-worker`: the name of its page. */
export function runbookOf(alert: string): string {
  return alert
    .replace(/^Millrace/, "")
    .replaceAll(/(?<!^)([A-Z])/g, "-$1")
    .toLowerCase();
}
