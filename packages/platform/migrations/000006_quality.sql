-- What quality rules found, run by run: a time series per pipeline, table and rule.

CREATE TABLE millrace_control.quality_results (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  -- The run may be pruned before its results are.
  run uuid NOT NULL,
  attempt bigint,
  pipeline text NOT NULL,
  table_name text NOT NULL,
  rule text NOT NULL,
  -- The function that made the rule: range, unique, …
  kind text NOT NULL,
  severity text NOT NULL,
  status text NOT NULL,
  -- False where its commit was kept from landing: such a run is no measure for later ones.
  landed boolean NOT NULL,
  -- What was measured; a number where it can be drawn.
  observed jsonb,
  expected text NOT NULL,
  checked bigint,
  failures bigint NOT NULL,
  samples jsonb NOT NULL DEFAULT '[]',
  reason text,
  CONSTRAINT quality_results_severity CHECK (severity IN ('warn', 'fail', 'quarantine')),
  CONSTRAINT quality_results_status CHECK (status IN ('passed', 'failed', 'skipped')),
  -- What came from a file may have been written before.
  CONSTRAINT quality_results_once UNIQUE (run, table_name, rule, at)
);

CREATE INDEX quality_results_series ON millrace_control.quality_results (table_name, pipeline, rule, at DESC, id DESC);
CREATE INDEX quality_results_by_time ON millrace_control.quality_results (at);
