-- What an overview of hundreds of pipelines and a million runs is read from without reading those runs.

-- What ended when, of all pipelines: runs per day, and how many went on at the same time.
DROP INDEX millrace_control.runs_over;
CREATE INDEX runs_over ON millrace_control.runs (finished_at) INCLUDE (pipeline, status, started_at, duration_ms)
  WHERE finished_at IS NOT NULL;
-- A pipeline's last runs without their wide rows, those of single partitions left out.
CREATE INDEX runs_ended ON millrace_control.runs (pipeline, id DESC)
  INCLUDE (status, due_at, queued_at, available_at, started_at, finished_at, duration_ms)
  WHERE finished_at IS NOT NULL AND partition = '';
CREATE INDEX events_of_schema_by_pipeline ON millrace_control.events (pipeline, id DESC) WHERE type = 'schema.changed';

-- How the last runs of a pipeline ended; those of single partitions say nothing of it. One row per pipeline.
CREATE TABLE millrace_control.pipeline_outcomes (
  pipeline text PRIMARY KEY,
  -- The latest run that succeeded, failed or died.
  run uuid,
  status text,
  finished_at timestamptz,
  -- The latest run that succeeded.
  success_run uuid,
  success_due_at timestamptz,
  success_started_at timestamptz,
  success_finished_at timestamptz,
  success_code_version text,
  -- The end of the first failure since then; null: the latest one succeeded.
  failing_since timestamptz,
  -- Of the last 30 that succeeded or fewer, in milliseconds: the middle one, and what nine of ten do not exceed.
  median_ms double precision,
  p90_ms double precision
) WITH (fillfactor = 50);

-- Tables that runs have written.
CREATE TABLE millrace_control.collected_tables (
  pipeline text NOT NULL,
  table_name text NOT NULL,
  first_at timestamptz NOT NULL,
  PRIMARY KEY (pipeline, table_name)
);

-- What each run that is over did to each table. Rows are only added, so that nobody waits for another.
CREATE TABLE millrace_control.run_volumes (
  run uuid NOT NULL,
  pipeline text NOT NULL,
  partition text NOT NULL,
  table_name text NOT NULL,
  at timestamptz NOT NULL,
  succeeded boolean NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  removed bigint NOT NULL,
  PRIMARY KEY (run, table_name)
);
CREATE INDEX run_volumes_by_table ON millrace_control.run_volumes (pipeline, table_name, at DESC)
  INCLUDE (partition, succeeded, inserted, updated, removed, run);
CREATE INDEX run_volumes_with_rows ON millrace_control.run_volumes (pipeline, table_name, at DESC)
  WHERE inserted + updated > 0;

-- What is usual for a table on a day of the week, computed now and then from run_volumes.
CREATE TABLE millrace_control.volume_bands (
  pipeline text NOT NULL,
  table_name text NOT NULL,
  -- ISO, in UTC: 1 is Monday. 0: of no day; its row says when the others were computed.
  weekday smallint NOT NULL,
  runs integer NOT NULL,
  inserted double precision[] NOT NULL,
  updated double precision[] NOT NULL,
  removed double precision[] NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (pipeline, table_name, weekday)
);

-- Runs by the day (UTC) on which they ended: of days that are over, kept when the runs are gone.
CREATE TABLE millrace_control.run_days (
  day date NOT NULL,
  pipeline text NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  stopped integer NOT NULL,
  duration_ms bigint NOT NULL,
  PRIMARY KEY (pipeline, day)
);
CREATE INDEX run_days_by_day ON millrace_control.run_days (day) INCLUDE (succeeded, failed, stopped, duration_ms);

-- Looks again at how the last runs of these pipelines ended.
CREATE FUNCTION millrace_control.refresh_outcomes(wanted text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO millrace_control.pipeline_outcomes AS known (pipeline, run, status, finished_at, success_run, success_due_at,
    success_started_at, success_finished_at, success_code_version, failing_since, median_ms, p90_ms)
  SELECT given.name, latest.id, latest.status, latest.finished_at, success.id, success.due_at, success.started_at,
    success.finished_at, success.code_version, ended.failing_since, ended.median_ms, ended.p90_ms
  FROM (SELECT DISTINCT name FROM unnest(wanted) AS each (name)) AS given CROSS JOIN LATERAL (
    SELECT
      (array_agg(id ORDER BY id DESC) FILTER (WHERE status IN ('succeeded', 'failed', 'died')))[1] AS latest,
      (array_agg(id ORDER BY id DESC) FILTER (WHERE status = 'succeeded'))[1] AS success,
      min(finished_at) FILTER (WHERE status IN ('failed', 'died') AND (last_success IS NULL OR id > last_success)) AS failing_since,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'succeeded') AS median_ms,
      percentile_cont(0.9) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'succeeded') AS p90_ms
    FROM (
      SELECT *, CASE WHEN bool_or(status = 'succeeded') OVER ()
        THEN first_value(id) OVER (ORDER BY status = 'succeeded' DESC, id DESC) END AS last_success
      FROM (
        SELECT id, status, finished_at, duration_ms FROM millrace_control.runs AS run
        WHERE run.pipeline = given.name AND run.partition = '' AND run.finished_at IS NOT NULL
        ORDER BY id DESC LIMIT 30
      ) AS last_runs
    ) AS recent
  ) AS ended
  LEFT JOIN millrace_control.runs AS latest ON latest.id = ended.latest
  LEFT JOIN millrace_control.runs AS success ON success.id = ended.success
  WHERE ended.latest IS NOT NULL
  ON CONFLICT (pipeline) DO UPDATE SET
    run = excluded.run, status = excluded.status, finished_at = excluded.finished_at,
    -- A success may lie further back than what is looked at.
    success_run = coalesce(excluded.success_run, known.success_run),
    success_due_at = CASE WHEN excluded.success_run IS NULL THEN known.success_due_at ELSE excluded.success_due_at END,
    success_started_at = coalesce(excluded.success_started_at, known.success_started_at),
    success_finished_at = coalesce(excluded.success_finished_at, known.success_finished_at),
    success_code_version = CASE WHEN excluded.success_run IS NULL THEN known.success_code_version ELSE excluded.success_code_version END,
    failing_since = CASE WHEN excluded.status = 'succeeded' THEN NULL
      WHEN excluded.success_run IS NULL THEN coalesce(known.failing_since, excluded.failing_since)
      ELSE excluded.failing_since END,
    median_ms = coalesce(excluded.median_ms, known.median_ms), p90_ms = coalesce(excluded.p90_ms, known.p90_ms)
$$;

-- Takes down what runs that are over did to tables, and how their pipelines do now.
CREATE FUNCTION millrace_control.record_ends(ended uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO millrace_control.run_volumes AS known
    (run, pipeline, partition, table_name, at, succeeded, inserted, updated, removed)
  SELECT run, pipeline, partition, table_name, finished_at, status = 'succeeded', coalesce(inserted, 0), coalesce(updated, 0),
    coalesce(removed, 0)
  FROM millrace_control.run_tables WHERE run = ANY (ended)
  ON CONFLICT (run, table_name) DO UPDATE SET at = excluded.at, succeeded = excluded.succeeded, inserted = excluded.inserted,
    updated = excluded.updated, removed = excluded.removed;
  INSERT INTO millrace_control.collected_tables (pipeline, table_name, first_at)
  SELECT pipeline, table_name, min(at) FROM millrace_control.run_volumes
  WHERE run = ANY (ended) GROUP BY pipeline, table_name ORDER BY pipeline, table_name
  ON CONFLICT DO NOTHING;
  PERFORM millrace_control.refresh_outcomes(ARRAY(
    SELECT DISTINCT pipeline FROM millrace_control.runs WHERE id = ANY (ended) AND partition = '' ORDER BY pipeline));
END
$$;

CREATE FUNCTION millrace_control.run_has_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM millrace_control.record_ends(ARRAY[NEW.id]);
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_overview AFTER UPDATE OF status ON millrace_control.runs
  FOR EACH ROW WHEN (NEW.kind = 'pipeline' AND NEW.finished_at IS NOT NULL
    AND (OLD.finished_at IS NULL OR OLD.status <> NEW.status))
  EXECUTE FUNCTION millrace_control.run_has_ended();

-- Records that come whole: those that waited in files.
CREATE FUNCTION millrace_control.ended_runs_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ended uuid[] := ARRAY(SELECT id FROM added WHERE finished_at IS NOT NULL AND kind = 'pipeline');
BEGIN
  IF cardinality(ended) > 0 THEN PERFORM millrace_control.record_ends(ended); END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_overview_added AFTER INSERT ON millrace_control.runs REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION millrace_control.ended_runs_were_added();

CREATE FUNCTION millrace_control.runs_were_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM millrace_control.run_volumes AS volume USING gone WHERE volume.run = gone.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_overview_deleted AFTER DELETE ON millrace_control.runs REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION millrace_control.runs_were_deleted();

SELECT millrace_control.record_ends(ARRAY(
  SELECT id FROM millrace_control.runs WHERE finished_at IS NOT NULL AND kind = 'pipeline'));
