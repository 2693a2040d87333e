-- RabbitMQ as the way in which runs and commands reach workers. The runs table stays the queue: a message says where to look.

-- A broker is used until its time is up, and what it is to announce is written down for as long.
CREATE TABLE millrace_control.brokers (
  name text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

-- What is to be told to workers, written by the transaction that causes it, deleted once the broker has confirmed it.
CREATE TABLE millrace_control.announcements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- run: a run waits; freed: a run no longer goes on, others may have waited for that; command: for the worker of a run
  kind text NOT NULL,
  -- The run, or the command.
  subject uuid NOT NULL,
  -- Not told before.
  due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT announcements_kind CHECK (kind IN ('run', 'freed', 'command'))
);
CREATE INDEX announcements_by_time ON millrace_control.announcements (due_at, id);

CREATE FUNCTION millrace_control.broker_is_used() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM millrace_control.brokers WHERE expires_at > clock_timestamp())
$$;

CREATE FUNCTION millrace_control.announce_added_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject, due_at)
    SELECT 'run', id, available_at FROM added WHERE status = 'queued' ORDER BY priority DESC, available_at, id;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_added AFTER INSERT ON millrace_control.runs REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION millrace_control.announce_added_runs();

CREATE FUNCTION millrace_control.announce_ended_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject) VALUES ('freed', NEW.id);
    IF NEW.status = 'queued' THEN
      INSERT INTO millrace_control.announcements (kind, subject, due_at) VALUES ('run', NEW.id, NEW.available_at);
    END IF;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER runs_ended AFTER UPDATE OF status ON millrace_control.runs
  FOR EACH ROW WHEN (OLD.status = 'running' AND NEW.status <> 'running'
    -- One that was interrupted has held back later ones of its pipeline.
    OR OLD.status = 'queued' AND OLD.started_at IS NOT NULL AND NEW.status NOT IN ('queued', 'running'))
  EXECUTE FUNCTION millrace_control.announce_ended_attempt();

CREATE FUNCTION millrace_control.announce_resumed_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject, due_at)
    SELECT 'run', id, available_at FROM millrace_control.runs
    WHERE status = 'queued' AND pipeline = NEW.name ORDER BY priority DESC, available_at, id;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER pipelines_resumed AFTER UPDATE OF paused_at ON millrace_control.pipelines
  FOR EACH ROW WHEN (OLD.paused_at IS NOT NULL AND NEW.paused_at IS NULL)
  EXECUTE FUNCTION millrace_control.announce_resumed_pipeline();

CREATE FUNCTION millrace_control.announce_command() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject) VALUES ('command', NEW.id);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER commands_given AFTER INSERT ON millrace_control.commands
  FOR EACH ROW WHEN (NEW.status = 'pending' AND NEW.run IS NOT NULL)
  EXECUTE FUNCTION millrace_control.announce_command();

-- Runs that nothing keeps from being claimed now but queues and labels of workers: the conditions of claim_runs.
CREATE VIEW millrace_control.claimable_runs AS
  SELECT run.id, run.queue, run.labels, run.tries, run.priority, run.available_at FROM millrace_control.runs AS run
  WHERE run.status = 'queued' AND run.available_at <= clock_timestamp()
    AND NOT EXISTS (
      SELECT FROM millrace_control.runs AS other
      WHERE other.status = 'running' AND other.pipeline = run.pipeline AND other.partition = run.partition)
    AND NOT EXISTS (
      SELECT FROM millrace_control.runs AS other
      WHERE other.status = 'queued' AND other.started_at IS NOT NULL AND other.pipeline = run.pipeline
        AND other.partition = run.partition AND other.id < run.id)
    AND NOT EXISTS (
      SELECT FROM millrace_control.pipelines AS known WHERE known.name = run.pipeline AND known.paused_at IS NOT NULL)
    AND NOT run.pools && (SELECT millrace_control.full_pools())
    AND NOT EXISTS (
      SELECT FROM millrace_control.leases AS held
      WHERE held.pipeline = run.pipeline AND held.partition = run.partition AND millrace_control.lease_is_alive(held));

-- Claims the run that a message names, if this worker may claim it now and it was tried as often as the message says; a more
-- urgent one of the worker's queues is claimed in its place, since messages come in the order in which they were sent.
CREATE FUNCTION millrace_control.claim_run(claimer uuid, wanted uuid, so_far integer)
RETURNS SETOF millrace_control.runs LANGUAGE plpgsql AS $$
DECLARE
  mine millrace_control.workers;
  waiting millrace_control.runs;
  pool text;
BEGIN
  SELECT * INTO mine FROM millrace_control.workers WHERE id = claimer AND NOT draining;
  IF NOT FOUND THEN RETURN; END IF;
  -- Unlike among many, the one that is named is waited for: who holds it may leave it as it is.
  SELECT * INTO waiting FROM millrace_control.runs AS run
  WHERE run.id = wanted AND run.status = 'queued' AND run.tries = so_far
    AND run.queue = ANY (mine.queues) AND run.labels <@ mine.labels
  FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  IF EXISTS (
    SELECT FROM millrace_control.runs AS urgent
    WHERE urgent.status = 'queued' AND urgent.queue = ANY (mine.queues) AND urgent.priority > waiting.priority
      AND urgent.available_at <= clock_timestamp())
  THEN
    RETURN QUERY SELECT * FROM millrace_control.claim_runs(claimer, 1);
    RETURN;
  END IF;
  -- Who else looks for a slot of these pools waits until this claim is over, then counts it.
  FOREACH pool IN ARRAY ARRAY(
    SELECT name FROM unnest(waiting.pools) AS named (name) WHERE millrace_control.pool_slots(name) IS NOT NULL ORDER BY name)
  LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('millrace pool ' || pool, 0));
  END LOOP;
  IF NOT EXISTS (SELECT FROM millrace_control.claimable_runs AS run WHERE run.id = wanted) THEN RETURN; END IF;
  BEGIN
    IF NOT millrace_control.hold_run(mine, waiting) THEN RETURN; END IF;
  EXCEPTION WHEN unique_violation THEN
    -- A run by hand has begun in this moment.
    RETURN;
  END;
  RETURN QUERY SELECT * FROM millrace_control.runs WHERE id = wanted;
END
$$;
