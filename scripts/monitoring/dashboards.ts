/** One picture of a dashboard. */
export interface Panel {
  readonly title: string;
  /** PromQL, or LogQL where `logs`. Each with how its series are called. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Grafana's name of the unit, such as `s`, `bytes`, `short`. Default `short`. */
  readonly unit?: string;
  /** Default `timeseries`. */
  readonly kind?: "timeseries" | "stat" | "logs";
}

/** One page of Grafana. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** Whether a choice of pipelines stands above it. */
  readonly byPipeline?: boolean;
  readonly panels: readonly Panel[];
}

const CHOSEN = 'pipeline=~"$pipeline"';
const p = (of: number, metric: string, by: string, select = ""): string =>
  `histogram_quantile(${of}, sum by (${by}, le) (rate(${metric}_bucket${select === "" ? "" : `{${select}}`}[$__rate_interval])))`;
const rate = (metric: string, by: string, select = ""): string =>
  `sum by (${by}) (rate(${metric}${select === "" ? "" : `{${select}}`}[$__rate_interval]))`;
const logs = (title: string, expr: string): Panel => ({ title, kind: "logs", queries: [[expr, ""]] });

/** Every dashboard. */
export const DASHBOARDS: readonly Dashboard[] = [
  {
    uid: "millrace-fleet",
    title: "Millrace / Fleet",
    panels: [
      { title: "Schedules are kept", kind: "stat", queries: [["sum(millrace_scheduler_up)", "schedulers"]] },
      { title: "Workers", kind: "stat", queries: [["sum by (status) (millrace_workers)", "{{status}}"]] },
      { title: "Pipelines", kind: "stat", queries: [["sum by (status) (millrace_pipelines)", "{{status}}"]] },
      {
        title: "Slots in use",
        unit: "percentunit",
        kind: "stat",
        queries: [["millrace:worker_slots_busy:ratio", "busy"]],
      },
      { title: "Runs that ended", unit: "ops", queries: [["millrace:runs_finished:rate5m", "{{status}}"]] },
      {
        title: "Runs in queues",
        queries: [["sum by (queue, status) (millrace_queue_runs)", "{{queue}} {{status}}"]],
      },
      {
        title: "Longest wait",
        unit: "s",
        queries: [["max by (queue) (millrace_queue_oldest_wait_seconds)", "{{queue}}"]],
      },
      {
        title: "Lateness of schedules, p99",
        unit: "s",
        queries: [["millrace:schedule_lateness_seconds:p99_15m", "{{queue}}"]],
      },
      {
        title: "From claim to code, p99",
        unit: "s",
        queries: [[p(0.99, "millrace_run_start_seconds", "queue"), "{{queue}}"]],
      },
      {
        title: "Slots",
        queries: [["sum by (instance, status) (millrace_worker_slots)", "{{instance}} {{status}}"]],
      },
      {
        title: "Warm processes",
        queries: [["sum by (instance) (millrace_worker_warm_processes)", "{{instance}}"]],
      },
      {
        title: "Ends of processes",
        queries: [["sum by (status) (increase(millrace_run_process_exits_total[1h]))", "{{status}}"]],
      },
      {
        title: "Events that wait",
        queries: [
          ["max(millrace_events_waiting)", "events"],
          ["max(millrace_notifications_waiting)", "notifications"],
        ],
      },
      {
        title: "Notifications",
        queries: [["sum by (status) (increase(millrace_notifications_total[1h]))", "{{status}}"]],
      },
      logs("Errors", '{service_name="millrace",level=~"error|fatal"}'),
    ],
  },
  {
    uid: "millrace-pipelines",
    title: "Millrace / Pipelines",
    byPipeline: true,
    panels: [
      {
        title: "Runs that ended",
        queries: [
          [
            `sum by (pipeline, status) (increase(millrace_runs_finished_total{${CHOSEN}}[1h]))`,
            "{{pipeline}} {{status}}",
          ],
        ],
      },
      {
        title: "Share of failures",
        unit: "percentunit",
        queries: [[`millrace:run_failures:ratio1h{${CHOSEN}}`, "{{pipeline}}"]],
      },
      {
        title: "Duration, p95",
        unit: "s",
        queries: [[`millrace:run_duration_seconds:p95_1h{${CHOSEN}}`, "{{pipeline}}"]],
      },
      {
        title: "Rows read",
        unit: "rowsps",
        queries: [[`millrace:rows_read:rate5m{${CHOSEN}}`, "{{pipeline}}"]],
      },
      {
        title: "Rows changed",
        unit: "rowsps",
        queries: [[`millrace:rows_changed:rate5m{${CHOSEN}}`, "{{pipeline}}"]],
      },
      {
        title: "Rows unchanged",
        unit: "rowsps",
        queries: [[rate("millrace_rows_unchanged_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Rows removed and restored",
        queries: [
          [rate("millrace_rows_removed_total", "table", CHOSEN), "{{table}} removed"],
          [rate("millrace_rows_restored_total", "table", CHOSEN), "{{table}} restored"],
        ],
      },
      {
        title: "Rows rejected",
        queries: [
          [rate("millrace_rows_rejected_total", "table", CHOSEN), "{{table}}"],
          [rate("millrace_rows_duplicate_total", "table", CHOSEN), "{{table}} duplicate"],
        ],
      },
      {
        title: "Commits",
        unit: "ops",
        queries: [[rate("millrace_commits_total", "pipeline", CHOSEN), "{{pipeline}}"]],
      },
      {
        title: "Quality rules",
        queries: [
          [
            `sum by (table, status) (increase(millrace_quality_results_total{${CHOSEN}}[1h]))`,
            "{{table}} {{status}}",
          ],
        ],
      },
      {
        title: "Schema changes",
        queries: [[`sum by (table) (increase(millrace_schema_changes_total{${CHOSEN}}[1d]))`, "{{table}}"]],
      },
      {
        title: "Retries and exceptions",
        queries: [
          [rate("millrace_run_retries_total", "pipeline", CHOSEN), "{{pipeline}} retries"],
          [rate("millrace_run_exceptions_total", "pipeline", CHOSEN), "{{pipeline}} exceptions"],
        ],
      },
      {
        title: "Peak memory, p95",
        unit: "bytes",
        queries: [[p(0.95, "millrace_run_peak_memory_bytes", "pipeline", CHOSEN), "{{pipeline}}"]],
      },
      {
        title: "CPU",
        unit: "s",
        queries: [[rate("millrace_run_cpu_seconds_total", "pipeline", CHOSEN), "{{pipeline}}"]],
      },
      logs("Log", '{service_name="millrace",pipeline=~"$pipeline"}'),
    ],
  },
  {
    uid: "millrace-collectors",
    title: "Millrace / Collectors",
    byPipeline: true,
    panels: [
      {
        title: "Silence",
        unit: "s",
        queries: [[`millrace_source_silence_seconds{status="collector",${CHOSEN}}`, "{{pipeline}}"]],
      },
      {
        title: "Messages",
        unit: "rowsps",
        queries: [[rate("millrace_rows_read_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Landed",
        unit: "rowsps",
        queries: [[rate("millrace_rows_inserted_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Rejected",
        unit: "rowsps",
        queries: [[rate("millrace_rows_rejected_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Commits",
        unit: "ops",
        queries: [[rate("millrace_commits_total", "pipeline", CHOSEN), "{{pipeline}}"]],
      },
      {
        title: "Attempts that ended",
        queries: [
          [
            `sum by (pipeline, status) (increase(millrace_run_attempts_total{${CHOSEN}}[1h]))`,
            "{{pipeline}} {{status}}",
          ],
        ],
      },
      {
        title: "Retries",
        queries: [
          [`sum by (pipeline) (increase(millrace_run_retries_total{${CHOSEN}}[1h]))`, "{{pipeline}}"],
        ],
      },
    ],
  },
  {
    uid: "millrace-sampling",
    title: "Millrace / Sampling",
    byPipeline: true,
    panels: [
      {
        title: "Silence",
        unit: "s",
        queries: [[`millrace_source_silence_seconds{status="sampling",${CHOSEN}}`, "{{pipeline}}"]],
      },
      {
        title: "Samples",
        unit: "rowsps",
        queries: [[rate("millrace_rows_read_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Samples that landed",
        unit: "rowsps",
        queries: [[rate("millrace_rows_inserted_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Samples refused",
        unit: "rowsps",
        queries: [[rate("millrace_rows_rejected_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Commits",
        unit: "ops",
        queries: [[rate("millrace_commits_total", "pipeline", CHOSEN), "{{pipeline}}"]],
      },
      {
        title: "Attempts that ended",
        queries: [
          [
            `sum by (pipeline, status) (increase(millrace_run_attempts_total{${CHOSEN}}[1h]))`,
            "{{pipeline}} {{status}}",
          ],
        ],
      },
    ],
  },
  {
    uid: "millrace-ingest",
    title: "Millrace / Ingestion",
    byPipeline: true,
    panels: [
      {
        title: "Requests",
        unit: "reqps",
        queries: [[rate("millrace_ingest_requests_total", "status"), "{{status}}"]],
      },
      {
        title: "Rows that wait for a commit",
        queries: [[`sum by (pipeline) (millrace_ingest_waiting_rows{${CHOSEN}})`, "{{pipeline}}"]],
      },
      {
        title: "Nothing lands",
        queries: [[`max by (pipeline) (millrace_ingest_down{${CHOSEN}})`, "{{pipeline}}"]],
      },
      {
        title: "Rows that landed",
        unit: "rowsps",
        queries: [[rate("millrace_rows_inserted_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Rows refused",
        unit: "rowsps",
        queries: [[rate("millrace_rows_rejected_total", "pipeline, table", CHOSEN), "{{table}}"]],
      },
      {
        title: "Commits",
        unit: "ops",
        queries: [[rate("millrace_commits_total", "pipeline", CHOSEN), "{{pipeline}}"]],
      },
    ],
  },
  {
    uid: "millrace-database",
    title: "Millrace / Control database",
    panels: [
      { title: "Answers", kind: "stat", queries: [["min(millrace_database_up)", "up"]] },
      {
        title: "Connections",
        queries: [["sum by (instance, status) (millrace_database_connections)", "{{instance}} {{status}}"]],
      },
      {
        title: "Wait in queues, p99",
        unit: "s",
        queries: [["millrace:queue_wait_seconds:p99_5m", "{{queue}}"]],
      },
      { title: "Oldest event that waits", unit: "s", queries: [["max(millrace_events_lag_seconds)", "lag"]] },
      {
        title: "Log records that wait",
        queries: [["sum by (instance) (millrace_log_records)", "{{instance}}"]],
      },
      {
        title: "Log records",
        unit: "ops",
        queries: [[rate("millrace_log_records_total", "status"), "{{status}}"]],
      },
      {
        title: "Log sinks that take nothing",
        queries: [["sum by (instance) (millrace_log_sinks_down)", "{{instance}}"]],
      },
    ],
  },
  {
    uid: "millrace-performance",
    title: "Millrace / Performance",
    panels: [
      {
        title: "Slowest routes, p95",
        unit: "s",
        queries: [["topk(10, millrace:api_request_seconds:p95_5m)", "{{route}}"]],
      },
      {
        title: "Requests",
        unit: "reqps",
        queries: [[rate("millrace_api_request_seconds_count", "status"), "{{status}}"]],
      },
      {
        title: "Busiest routes",
        unit: "reqps",
        queries: [[`topk(10, ${rate("millrace_api_request_seconds_count", "route")})`, "{{route}}"]],
      },
      {
        title: "Time spent by route",
        unit: "s",
        queries: [[`topk(10, ${rate("millrace_api_request_seconds_sum", "route")})`, "{{route}}"]],
      },
      {
        title: "Delay of the event loop",
        unit: "s",
        queries: [
          ["nodejs_eventloop_lag_p99_seconds", "{{instance}} p99"],
          ["nodejs_eventloop_lag_max_seconds", "{{instance}} longest"],
          ["nodejs_eventloop_lag_mean_seconds", "{{instance}} mean"],
        ],
      },
      { title: "Heap", unit: "bytes", queries: [["nodejs_heap_size_used_bytes", "{{instance}}"]] },
      {
        title: "Resident memory",
        unit: "bytes",
        queries: [["process_resident_memory_bytes", "{{instance}}"]],
      },
      {
        title: "CPU",
        unit: "percentunit",
        queries: [[rate("process_cpu_seconds_total", "instance"), "{{instance}}"]],
      },
      { title: "Up since", unit: "s", queries: [["time() - process_start_time_seconds", "{{instance}}"]] },
      {
        title: "Spans",
        unit: "ops",
        queries: [[rate("millrace_trace_spans_total", "status"), "{{status}}"]],
      },
    ],
  },
];
