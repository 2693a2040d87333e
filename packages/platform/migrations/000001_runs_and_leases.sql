-- Run records, leases and attempt numbers.
-- The destination holds the truth about rows and checkpoints; a run record is what people see of it.

CREATE TABLE millrace_control.runs (
  id uuid PRIMARY KEY,
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT '',
  status text NOT NULL,
  -- The fence number of the run's latest attempt; null until the destination is open.
  attempt bigint,
  -- What started it: manual, schedule, …
  trigger text NOT NULL,
  -- The token of the lease under which it runs.
  lease uuid,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  duration_ms bigint,
  -- True where an interrupted run was continued.
  resumed boolean NOT NULL DEFAULT false,
  -- table → counts
  counts jsonb NOT NULL DEFAULT '{}',
  -- slice → state as committed
  checkpoint jsonb NOT NULL DEFAULT '{}',
  -- table → reasons why removals were not made
  withheld jsonb NOT NULL DEFAULT '{}',
  error jsonb,
  -- How it was asked for: full, since, limit, params.
  options jsonb NOT NULL DEFAULT '{}',
  -- The last lines that it logged.
  log jsonb NOT NULL DEFAULT '[]',
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT runs_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'stopped', 'died'))
) WITH (fillfactor = 70);

CREATE INDEX runs_by_pipeline ON millrace_control.runs (pipeline, id DESC);
CREATE UNIQUE INDEX runs_one_running ON millrace_control.runs (pipeline, partition) WHERE status = 'running';

CREATE TABLE millrace_control.leases (
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT '',
  -- Changes with each holder: who finds another's token here has lost the lease.
  token uuid NOT NULL,
  -- host, pid, run, since
  holder jsonb NOT NULL,
  -- The advisory lock that the holder's session holds while `locked` is true.
  lock_key bigint NOT NULL,
  locked boolean NOT NULL,
  acquired_at timestamptz NOT NULL,
  beat_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (pipeline, partition)
) WITH (fillfactor = 50);

CREATE TABLE millrace_control.attempts (
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT '',
  -- The highest attempt number that was given out.
  last bigint NOT NULL,
  PRIMARY KEY (pipeline, partition)
);
