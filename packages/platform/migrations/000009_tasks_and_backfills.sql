-- Tasks: functions of a project whose jobs are runs of a kind of their own. Backfills: many partitions of one pipeline.

CREATE TABLE millrace_control.tasks (
  name text PRIMARY KEY,
  description text,
  -- The file, from the project's folder on.
  file text NOT NULL,
  code_version text,
  -- As those of pipelines; attempts counts errors and deaths alike.
  limits jsonb NOT NULL,
  -- delayMs, maxDelayMs
  backoff jsonb NOT NULL,
  -- JSON Schema of what it takes; null: anything.
  input jsonb,
  registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Its file is gone; its jobs stay.
  retired_at timestamptz
);

ALTER TABLE millrace_control.pipelines
  -- JSON Schema of its parameters, where they have types.
  ADD COLUMN params_schema jsonb;

ALTER TABLE millrace_control.runs
  -- pipeline, or task: then "pipeline" is task:<name>, and "partition" the run's own id, so that jobs go on side by side.
  ADD COLUMN kind text NOT NULL DEFAULT 'pipeline',
  -- What a task's job was given; gone once it has succeeded. May hold secrets.
  ADD COLUMN payload json,
  -- What it returned.
  ADD COLUMN result json,
  -- done, total, note
  ADD COLUMN progress jsonb,
  ADD COLUMN unique_key text,
  -- Time before the second attempt, doubled with each further one.
  ADD COLUMN retry_delay_ms integer NOT NULL DEFAULT 1000,
  ADD COLUMN retry_max_delay_ms integer NOT NULL DEFAULT 60000,
  ADD COLUMN backfill uuid,
  ADD CONSTRAINT runs_kind CHECK (kind IN ('pipeline', 'task'));

-- One job per key, whoever queues it and however often.
CREATE UNIQUE INDEX runs_one_per_key ON millrace_control.runs (pipeline, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX runs_of_tasks ON millrace_control.runs (id DESC) WHERE kind = 'task';
CREATE INDEX runs_dead_tasks ON millrace_control.runs (id DESC) WHERE kind = 'task' AND status IN ('failed', 'died');
CREATE INDEX runs_of_backfill ON millrace_control.runs (backfill, status, available_at, id)
  WHERE backfill IS NOT NULL AND status IN ('queued', 'running');

-- A range or list of partitions that was asked for.
CREATE TABLE millrace_control.backfills (
  id uuid PRIMARY KEY,
  pipeline text NOT NULL,
  -- from, to, by, timeZone; null: the partitions were named one by one.
  range jsonb,
  -- Names, in the order in which they are to be done.
  partitions text[] NOT NULL,
  -- At most so many at the same time.
  parallel integer NOT NULL CHECK (parallel > 0),
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  cancelled_at timestamptz
);
CREATE INDEX backfills_by_time ON millrace_control.backfills (requested_at);

-- What is known of each partition of a pipeline.
CREATE TABLE millrace_control.backfill_partitions (
  pipeline text NOT NULL,
  partition text NOT NULL,
  start_at timestamptz,
  end_at timestamptz,
  -- The run that was queued for it last.
  run uuid NOT NULL,
  -- When that run had succeeded; null: it has not.
  succeeded_at timestamptz,
  PRIMARY KEY (pipeline, partition)
);
CREATE INDEX backfill_partitions_by_run ON millrace_control.backfill_partitions (run);

-- Lets as many runs of a backfill be claimed as may go on at the same time. The others are put off to the year 9999, so that
-- a long backfill is no work for those who look for runs.
CREATE FUNCTION millrace_control.release_backfill(wanted uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  plan millrace_control.backfills;
  far CONSTANT timestamptz := '9999-01-01T00:00:00Z';
  -- One time for all of them, so that they go in the order of their ids.
  turn CONSTANT timestamptz := clock_timestamp();
  busy integer;
  released integer;
BEGIN
  -- Runs that end in the same moment let the next ones go one after the other.
  SELECT * INTO plan FROM millrace_control.backfills WHERE id = wanted AND cancelled_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  SELECT count(*) INTO busy FROM millrace_control.runs
  WHERE backfill = wanted AND (status = 'running' OR (status = 'queued' AND available_at < far));
  UPDATE millrace_control.runs SET available_at = turn, updated_at = turn
  WHERE id IN (
    SELECT id FROM millrace_control.runs
    WHERE backfill = wanted AND status = 'queued' AND available_at >= far
    ORDER BY available_at, id LIMIT greatest(0, plan.parallel - busy));
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 THEN PERFORM pg_notify('millrace_runs', ''); END IF;
  RETURN released;
END
$$;

CREATE FUNCTION millrace_control.follow_backfill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'succeeded' THEN
    UPDATE millrace_control.backfill_partitions SET succeeded_at = clock_timestamp() WHERE run = NEW.id;
  END IF;
  PERFORM millrace_control.release_backfill(NEW.backfill);
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_of_backfill_end AFTER UPDATE OF status ON millrace_control.runs
  FOR EACH ROW WHEN (NEW.backfill IS NOT NULL AND OLD.status IN ('queued', 'running') AND NEW.status NOT IN ('queued', 'running'))
  EXECUTE FUNCTION millrace_control.follow_backfill();

-- Runs that may be claimed earlier than was announced: jobs that are queued once more, partitions whose turn has come.
CREATE FUNCTION millrace_control.announce_earlier_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject, due_at) VALUES ('run', NEW.id, NEW.available_at);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_earlier AFTER UPDATE OF status, available_at ON millrace_control.runs
  FOR EACH ROW WHEN (NEW.status = 'queued' AND OLD.status <> 'running'
    AND (OLD.status <> 'queued' OR NEW.available_at < OLD.available_at))
  EXECUTE FUNCTION millrace_control.announce_earlier_run();
