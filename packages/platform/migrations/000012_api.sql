-- What the management API reads beside what was there: how a pipeline is made up, since when, and ways to find things fast.

-- Its source, transforms, destination, tables and quality rules as plain data, without values that may be secrets. Null:
-- registered by a version that did not tell.
ALTER TABLE millrace_control.pipelines ADD COLUMN definition jsonb;

-- The versions of pipelines' code that were registered, each when it was first seen; the last 100 of each pipeline.
CREATE TABLE millrace_control.pipeline_versions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline text NOT NULL,
  code_version text,
  definition jsonb,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX pipeline_versions_by_pipeline ON millrace_control.pipeline_versions (pipeline, id DESC);

INSERT INTO millrace_control.pipeline_versions (pipeline, code_version, seen_at)
SELECT name, code_version, updated_at FROM millrace_control.pipelines WHERE retired_at IS NULL;

-- How many rows of all tables a run inserted, updated or removed.
CREATE FUNCTION millrace_control.changed_rows(counts jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(sum(coalesce((counted.value ->> 'inserted')::bigint, 0) + coalesce((counted.value ->> 'updated')::bigint, 0)
    + coalesce((counted.value ->> 'removed')::bigint, 0)), 0)::bigint
  FROM jsonb_each(counts) AS counted
$$;
ALTER TABLE millrace_control.runs
  ADD COLUMN changed_rows bigint GENERATED ALWAYS AS (millrace_control.changed_rows(counts)) STORED;

-- With the status, so that the last success of a pipeline that fails for long is found without reading the failures.
DROP INDEX millrace_control.runs_by_pipeline;
CREATE INDEX runs_by_pipeline ON millrace_control.runs (pipeline, id DESC, status);
CREATE INDEX runs_of_pipelines ON millrace_control.runs (id DESC, status, trigger) WHERE kind = 'pipeline';
-- The same without those that went well, which are most.
CREATE INDEX runs_not_well ON millrace_control.runs (id DESC, status)
  WHERE kind = 'pipeline' AND status IN ('failed', 'died', 'stopped', 'cancelled');
-- Most runs are asked for by a schedule.
CREATE INDEX runs_by_trigger ON millrace_control.runs (trigger, id DESC)
  WHERE kind = 'pipeline' AND trigger <> 'schedule';
CREATE INDEX runs_of_worker ON millrace_control.runs (worker, id DESC) WHERE worker IS NOT NULL AND kind = 'pipeline';
CREATE INDEX runs_by_backfill ON millrace_control.runs (backfill, id DESC) WHERE backfill IS NOT NULL;
CREATE INDEX runs_queued ON millrace_control.runs (pipeline, id DESC) WHERE status = 'queued';
CREATE INDEX runs_continued ON millrace_control.runs (continues) WHERE continues IS NOT NULL;
CREATE INDEX runs_by_parent ON millrace_control.runs USING gin (parent_runs) WHERE parent_runs IS NOT NULL;

CREATE INDEX events_of_run ON millrace_control.events (run, id DESC, type) WHERE run IS NOT NULL;
-- What every run tells is most of the events; the others are looked for by their type.
CREATE INDEX events_by_type ON millrace_control.events (type, id DESC)
  WHERE type NOT IN ('run.queued', 'run.started', 'run.committed', 'run.finished');
CREATE INDEX events_by_group ON millrace_control.events ("group", id DESC) WHERE "group" IS NOT NULL;

-- Warnings and worse of all runs.
CREATE INDEX logs_of_trouble ON millrace_control.logs (at DESC, id DESC) WHERE level >= 40;
