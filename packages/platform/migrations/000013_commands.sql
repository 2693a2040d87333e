-- What steering from a browser needs: keys of requests that are made once, mutes, samples of storage, and the errors of runs
-- in groups.

-- Requests with a key: the same one within a day gets the first answer again.
CREATE TABLE millrace_control.idempotency_keys (
  -- Who asked, and of which route.
  identity text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  -- Of path and body: another request may not have the same key.
  request_hash bytea NOT NULL,
  -- Who carries it out, until its time is up; another may take it over then.
  holder uuid NOT NULL,
  held_until timestamptz NOT NULL,
  -- Null while it is carried out.
  status integer,
  answer text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (identity, route, key)
);
CREATE INDEX idempotency_keys_by_time ON millrace_control.idempotency_keys (created_at);

ALTER TABLE millrace_control.commands
  DROP CONSTRAINT commands_kind,
  ADD CONSTRAINT commands_kind CHECK (kind IN (
    'start', 'stop', 'pause', 'resume', 'restart', 'enable', 'disable', 'cancel', 'reset', 'discard'));
CREATE INDEX commands_by_pipeline ON millrace_control.commands (pipeline, requested_at DESC, id DESC);

CREATE INDEX runs_tasks_by_status ON millrace_control.runs (status, id DESC) WHERE kind = 'task';

CREATE INDEX notifications_by_status ON millrace_control.notifications (status, created_at DESC, seq DESC);
CREATE INDEX notifications_by_channel ON millrace_control.notifications (channel, created_at DESC, seq DESC);
CREATE INDEX notifications_by_pipeline ON millrace_control.notifications (pipeline, created_at DESC, seq DESC);

-- What nobody is told for a time: of a pipeline, by a rule, or of a pipeline by a rule.
CREATE TABLE millrace_control.notification_mutes (
  id uuid PRIMARY KEY,
  pipeline text,
  rule text,
  until timestamptz NOT NULL,
  reason text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- What it has kept from being told.
  held bigint NOT NULL DEFAULT 0,
  CONSTRAINT notification_mutes_of_something CHECK (pipeline IS NOT NULL OR rule IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX notification_mutes_by_end ON millrace_control.notification_mutes (until);

-- Sizes of tables, one sample a day.
CREATE TABLE millrace_control.storage_samples (
  day date NOT NULL,
  -- control, or where the collected table is.
  place text NOT NULL,
  name text NOT NULL,
  bytes bigint NOT NULL,
  row_estimate bigint NOT NULL,
  PRIMARY KEY (day, place, name)
);

-- Errors of runs that ended, as they come. They are put into groups in a transaction of their own, so that runs which fail
-- at the same time never wait for each other.
CREATE TABLE millrace_control.error_inbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint text NOT NULL,
  code text NOT NULL,
  -- The message without numbers and the like.
  summary text NOT NULL,
  run uuid NOT NULL,
  pipeline text NOT NULL,
  at timestamptz NOT NULL,
  message text NOT NULL,
  hint text,
  stack text
);

-- Errors whose code and summary agree.
CREATE TABLE millrace_control.error_groups (
  fingerprint text PRIMARY KEY,
  code text NOT NULL,
  summary text NOT NULL,
  count bigint NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  -- When it last came back after it had been gone.
  returned_at timestamptz,
  -- The latest of them.
  run uuid NOT NULL,
  pipeline text NOT NULL,
  message text NOT NULL,
  hint text,
  stack text
) WITH (fillfactor = 70);
CREATE INDEX error_groups_by_time ON millrace_control.error_groups (last_seen_at DESC, fingerprint DESC);

CREATE TABLE millrace_control.error_pipelines (
  fingerprint text NOT NULL,
  pipeline text NOT NULL,
  count bigint NOT NULL,
  last_seen_at timestamptz NOT NULL,
  last_run uuid NOT NULL,
  PRIMARY KEY (fingerprint, pipeline)
) WITH (fillfactor = 70);
CREATE INDEX error_pipelines_by_pipeline ON millrace_control.error_pipelines (pipeline, fingerprint);

CREATE TABLE millrace_control.error_days (
  fingerprint text NOT NULL,
  day date NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (fingerprint, day)
) WITH (fillfactor = 70);

CREATE TABLE millrace_control.error_runs (
  fingerprint text NOT NULL,
  at timestamptz NOT NULL,
  run uuid NOT NULL,
  pipeline text NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (fingerprint, at, run)
);
CREATE INDEX error_runs_by_time ON millrace_control.error_runs (at);

-- A message without what differs from one time to the next: addresses below a host, quoted texts, ids, times, paths, numbers.
CREATE FUNCTION millrace_control.error_summary(message text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  rest text := left(message, 4000);
BEGIN
  rest := regexp_replace(rest, '\m([a-z][a-z0-9+.-]*://[^/\s"''?#<>]+)[^\s"''<>]*', '\1/<path>', 'gi');
  rest := regexp_replace(rest, '"[^"\n]*"|“[^”\n]*”|`[^`\n]*`', '<value>', 'g');
  rest := regexp_replace(rest, '(?<!\w)''[^''\n]*''(?!\w)', '<value>', 'g');
  rest := regexp_replace(rest, '\m[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\M', '<id>', 'gi');
  rest := regexp_replace(rest, '(?<![\w<>/.])([a-z]:)?([\\/][\w.@+~%-]+){2,}|(?<![\w<>/.:])[\w.@-]+(/[\w.@-]+)+\.\w+', '<path>', 'gi');
  rest := regexp_replace(rest, '\m\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?)?', '<time>', 'g');
  rest := regexp_replace(rest, '\m(0x)?(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\M', '<id>', 'gi');
  rest := regexp_replace(rest, '\d+([.,_]\d+)*', '<n>', 'g');
  RETURN left(btrim(regexp_replace(rest, '\s+', ' ', 'g')), 500);
END
$$;

CREATE FUNCTION millrace_control.note_error() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  error jsonb := CASE WHEN jsonb_typeof(NEW.error) = 'object' THEN NEW.error ELSE '{}' END;
  thrown jsonb := CASE WHEN jsonb_typeof(NEW.last_exception) = 'object' THEN NEW.last_exception ELSE '{}' END;
  code text := coalesce(error->>'code', 'MLR_INTERNAL');
  message text := left(coalesce(error->>'message', thrown->>'message', 'The run has ' || NEW.status || ' without a reason'), 4000);
  summary text := millrace_control.error_summary(message);
BEGIN
  INSERT INTO millrace_control.error_inbox (fingerprint, code, summary, run, pipeline, at, message, hint, stack)
  VALUES (left(encode(sha256(convert_to(code || chr(10) || summary, 'UTF8')), 'hex'), 16), code, summary, NEW.id, NEW.pipeline,
    coalesce(NEW.finished_at, clock_timestamp()), message, left(error->>'hint', 1000),
    left(coalesce(error->>'stack', thrown->>'stack'), 8000));
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_failed AFTER UPDATE OF status ON millrace_control.runs
  FOR EACH ROW WHEN (NEW.status IN ('failed', 'died') AND OLD.status NOT IN ('failed', 'died'))
  EXECUTE FUNCTION millrace_control.note_error();
CREATE TRIGGER runs_added_failed AFTER INSERT ON millrace_control.runs
  FOR EACH ROW WHEN (NEW.status IN ('failed', 'died')) EXECUTE FUNCTION millrace_control.note_error();

-- Puts at most `wanted` errors from the inbox into their groups; how many it were. An error has come back where its pipeline
-- had been without it for a day, and runs of the pipeline had succeeded meanwhile.
CREATE FUNCTION millrace_control.group_errors(wanted integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  moved integer;
BEGIN
  -- One at a time: the groups are written in no order.
  PERFORM pg_advisory_xact_lock(hashtextextended('millrace errors', 0));
  WITH taken AS (
    DELETE FROM millrace_control.error_inbox
    WHERE id IN (SELECT id FROM millrace_control.error_inbox ORDER BY id LIMIT wanted) RETURNING *
  ), latest AS (
    SELECT DISTINCT ON (fingerprint) * FROM taken ORDER BY fingerprint, at DESC, id DESC
  ), counted AS (
    SELECT fingerprint, count(*) AS count, min(at) AS first_at FROM taken GROUP BY fingerprint
  ), returned AS (
    SELECT taken.fingerprint, max(taken.at) AS at FROM taken JOIN millrace_control.error_pipelines AS known USING (fingerprint, pipeline)
    WHERE taken.at > known.last_seen_at + interval '1 day' AND EXISTS (
      SELECT FROM millrace_control.runs AS run
      WHERE run.pipeline = taken.pipeline AND run.id > known.last_run AND run.id < taken.run AND run.status = 'succeeded')
    GROUP BY taken.fingerprint
  ), grouped AS (
    INSERT INTO millrace_control.error_groups AS known
      (fingerprint, code, summary, count, first_seen_at, last_seen_at, run, pipeline, message, hint, stack)
    SELECT fingerprint, code, summary, counted.count, counted.first_at, at, run, pipeline, message, hint, stack
    FROM latest JOIN counted USING (fingerprint)
    ON CONFLICT (fingerprint) DO UPDATE SET
      count = known.count + excluded.count, first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
      returned_at = coalesce((SELECT at FROM returned WHERE returned.fingerprint = known.fingerprint), known.returned_at),
      run = excluded.run, pipeline = excluded.pipeline, message = excluded.message, hint = excluded.hint,
      stack = excluded.stack
  ), of_pipelines AS (
    INSERT INTO millrace_control.error_pipelines AS known (fingerprint, pipeline, count, last_seen_at, last_run)
    SELECT fingerprint, pipeline, count(*), max(at), (array_agg(run ORDER BY at DESC, id DESC))[1] FROM taken GROUP BY 1, 2
    ON CONFLICT (fingerprint, pipeline) DO UPDATE SET count = known.count + excluded.count,
      last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at), last_run = greatest(known.last_run, excluded.last_run)
  ), of_days AS (
    INSERT INTO millrace_control.error_days AS known (fingerprint, day, count)
    SELECT fingerprint, (at AT TIME ZONE 'UTC')::date, count(*) FROM taken GROUP BY 1, 2
    ON CONFLICT (fingerprint, day) DO UPDATE SET count = known.count + excluded.count
  ), of_runs AS (
    INSERT INTO millrace_control.error_runs (fingerprint, at, run, pipeline, message)
    SELECT fingerprint, at, run, pipeline, left(message, 1000) FROM taken ON CONFLICT DO NOTHING
  )
  SELECT count(*) INTO moved FROM taken;
  RETURN moved;
END
$$;

-- Runs that failed before there were groups.
INSERT INTO millrace_control.error_inbox (fingerprint, code, summary, run, pipeline, at, message, hint, stack)
SELECT left(encode(sha256(convert_to(code || chr(10) || summary, 'UTF8')), 'hex'), 16), code, summary, id, pipeline, at, message, hint, stack
FROM (
  SELECT *, millrace_control.error_summary(message) AS summary FROM (
    SELECT id, pipeline, coalesce(finished_at, updated_at) AS at, coalesce(error->>'code', 'MLR_INTERNAL') AS code,
      left(coalesce(error->>'message', last_exception->>'message', 'The run has ' || status || ' without a reason'), 4000) AS message,
      left(error->>'hint', 1000) AS hint, left(coalesce(error->>'stack', last_exception->>'stack'), 8000) AS stack
    FROM millrace_control.runs WHERE status IN ('failed', 'died')) AS failed) AS told
ORDER BY at, id;
