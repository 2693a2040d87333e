-- How the platform did, minute by minute: what Prometheus is told as well, for who has none.
CREATE TABLE millrace_control.metrics (
  -- Such as millrace_queue_runs, see docs/reference/metrics.md.
  name text NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}',
  -- Whole minutes, so that two processes that sample at once write one row.
  at timestamptz NOT NULL,
  value double precision NOT NULL,
  PRIMARY KEY (name, labels, at)
);

CREATE INDEX metrics_by_time ON millrace_control.metrics (at);
