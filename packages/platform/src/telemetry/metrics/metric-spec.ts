/** What a metric may be told apart by. No others: each adds to what a Prometheus server has to keep. */
export type MetricLabel = "pipeline" | "table" | "status" | "queue" | "route";

/** What a metric is: its page is docs/reference/metrics.md, and a test compares the two. */
export interface MetricSpec {
  readonly type: "counter" | "gauge" | "histogram";
  /** What it counts or measures; of counters and sums the name ends in it. */
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly MetricLabel[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

const SHORT = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];
const LONG = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400];
const MEMORY = [64, 128, 256, 512, 1024, 2048, 4096, 8192].map((mib) => mib * 1_048_576);

const counter = (unit: string, labels: readonly MetricLabel[], help: string): MetricSpec => ({
  type: "counter",
  unit,
  help,
  labels,
});
const gauge = (unit: string, labels: readonly MetricLabel[], help: string): MetricSpec => ({
  type: "gauge",
  unit,
  help,
  labels,
});
const histogram = (
  buckets: readonly number[],
  labels: readonly MetricLabel[],
  help: string,
  unit = "seconds",
): MetricSpec => ({ type: "histogram", unit, help, labels, buckets });

const TABLE = ["pipeline", "table"] as const;

/** Every metric, by its name. */
export const METRICS = {
  // Runs that this process carries out.
  millrace_runs_started_total: counter("runs", ["pipeline", "queue"], "Runs whose first attempt began here"),
  millrace_runs_finished_total: counter(
    "runs",
    ["pipeline", "status"],
    "Runs that are over: succeeded, failed, stopped, cancelled or died",
  ),
  millrace_run_attempts_total: counter(
    "attempts",
    ["pipeline", "status"],
    "Processes of runs that ended, by what became of the run; queued: another attempt follows; lost: another worker has it",
  ),
  millrace_run_duration_seconds: histogram(
    LONG,
    ["pipeline"],
    "From the claim of an attempt until its end is recorded",
  ),
  millrace_run_retries_total: counter(
    "retries",
    ["pipeline"],
    "Times that a run tried again within its process after an error that may pass",
  ),
  millrace_run_peak_memory_bytes: histogram(
    MEMORY,
    ["pipeline"],
    "Highest resident memory of the processes of runs",
    "bytes",
  ),
  millrace_run_cpu_seconds_total: counter("seconds", ["pipeline"], "CPU time of the processes of runs"),
  millrace_run_process_exits_total: counter(
    "exits",
    ["status"],
    "Ends of the processes of runs: exit code 0, exit code other, or the signal, such as SIGKILL",
  ),
  millrace_run_exceptions_total: counter(
    "exceptions",
    ["pipeline"],
    "Errors in the processes of runs that nobody caught",
  ),
  // What runs did, told with each commit.
  millrace_commits_total: counter("commits", ["pipeline"], "Commits to destinations"),
  millrace_rows_read_total: counter("rows", TABLE, "Rows that came from sources"),
  millrace_rows_inserted_total: counter("rows", TABLE, "Rows that are new in the table"),
  millrace_rows_updated_total: counter("rows", TABLE, "Rows that replaced another version"),
  millrace_rows_unchanged_total: counter("rows", TABLE, "Rows that were there already as they are"),
  millrace_rows_removed_total: counter(
    "rows",
    TABLE,
    "Rows that were taken away because the source has them no more",
  ),
  millrace_rows_restored_total: counter("rows", TABLE, "Of the inserted, rows that had been removed before"),
  millrace_rows_rejected_total: counter("rows", TABLE, "Rows that went to the quarantine"),
  millrace_rows_duplicate_total: counter(
    "rows",
    TABLE,
    "Rows followed by a later one of the same key in the same commit",
  ),
  millrace_schema_changes_total: counter("changes", TABLE, "Columns and tables that were added or widened"),
  millrace_quality_results_total: counter(
    "results",
    ["pipeline", "table", "status"],
    "Quality rules that were judged: passed, failed or skipped",
  ),
  // Lateness, by queue.
  millrace_schedule_lateness_seconds: histogram(
    SHORT,
    ["queue"],
    "From when a schedule was due until its run was claimed",
  ),
  millrace_queue_wait_seconds: histogram(SHORT, ["queue"], "From when a run could be claimed until it was"),
  millrace_run_start_seconds: histogram(
    SHORT,
    ["queue"],
    "From the claim of a run until its pipeline's code runs in its process",
  ),
  // Queues, told by the process that keeps the schedules.
  millrace_queue_runs: gauge("runs", ["queue", "status"], "Runs in a queue: ready, later or running"),
  millrace_queue_oldest_wait_seconds: gauge(
    "seconds",
    ["queue"],
    "Time that the run which waits longest could have been claimed",
  ),
  millrace_workers: gauge(
    "workers",
    ["queue", "status"],
    "Workers that are registered for a queue: alive, draining or lost",
  ),
  millrace_pipelines: gauge(
    "pipelines",
    ["status"],
    "Pipelines that are registered: enabled, disabled or paused",
  ),
  millrace_events_waiting: gauge("events", [], "Events that the slowest consumer has not handled yet"),
  millrace_events_lag_seconds: gauge(
    "seconds",
    [],
    "Age of the oldest event that a consumer has not handled yet; 0: none",
  ),
  millrace_notifications_waiting: gauge("notifications", [], "Notifications that are to be sent"),
  millrace_source_silence_seconds: gauge(
    "seconds",
    ["pipeline", "status"],
    "Time since the source of a run that goes on told how it does, by the kind of source: collector or sampling",
  ),
  // This process.
  millrace_worker_up: gauge(
    "",
    [],
    "1 while this process has a worker whose session is alive, 0 while it is lost",
  ),
  millrace_worker_slots: gauge(
    "slots",
    ["status"],
    "Runs that this process may carry out at the same time: busy or free",
  ),
  millrace_worker_warm_processes: gauge("processes", [], "Processes that wait for a run"),
  millrace_scheduler_up: gauge("", [], "1 while this process keeps the schedules, 0 while it stands by"),
  millrace_api_request_seconds: histogram(
    SHORT,
    ["route", "status"],
    "Requests to the API, from their arrival until they are answered, by the route and the first digit of the status: 2xx, 4xx, …",
  ),
  millrace_ingest_requests_total: counter(
    "requests",
    ["status"],
    "Requests that were answered where rows are pushed, by the status of HTTP; calls by gRPC are 200",
  ),
  millrace_ingest_waiting_rows: gauge("rows", ["pipeline"], "Pushed rows that wait for a commit"),
  millrace_ingest_down: gauge("", ["pipeline"], "1 while nothing that is pushed lands, 0 while it does"),
  millrace_database_up: gauge("", [], "1 while the control database answers this process"),
  millrace_database_connections: gauge(
    "connections",
    ["status"],
    "Connections of this process to the control database: busy or idle, and requests that are waiting for one",
  ),
  millrace_log_records: gauge("records", ["status"], "Log records that wait in memory for a sink: waiting"),
  millrace_log_records_total: counter(
    "records",
    ["status"],
    "Log records by what became of them: delivered, fallback, replayed, refused or lost",
  ),
  millrace_log_sinks_down: gauge("sinks", [], "Log sinks that take nothing at the moment"),
  millrace_notifications_total: counter(
    "notifications",
    ["status"],
    "Notifications that this process delivered: sent, retried or failed for good",
  ),
  millrace_trace_spans_total: counter(
    "spans",
    ["status"],
    "Spans that this process exported: sent, failed or dropped",
  ),
  // Names that dashboards for Node know.
  process_cpu_seconds_total: counter("seconds", [], "CPU time of this process, user and system"),
  process_resident_memory_bytes: gauge("bytes", [], "Resident memory of this process"),
  process_start_time_seconds: gauge("seconds", [], "When this process started, in seconds since 1970"),
  nodejs_heap_size_used_bytes: gauge("bytes", [], "Memory that JavaScript objects take"),
  nodejs_eventloop_lag_mean_seconds: gauge(
    "seconds",
    [],
    "Mean delay of the event loop within the last minute",
  ),
  nodejs_eventloop_lag_p99_seconds: gauge(
    "seconds",
    [],
    "99th percentile of the delay of the event loop within the last minute",
  ),
  nodejs_eventloop_lag_max_seconds: gauge(
    "seconds",
    [],
    "Longest delay of the event loop within the last minute",
  ),
} as const satisfies Record<string, MetricSpec>;

/** Name of a metric. */
export type MetricName = keyof typeof METRICS;
