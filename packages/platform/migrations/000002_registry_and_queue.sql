-- The registry of pipelines, and the runs table as the queue of what is to run.

CREATE TABLE millrace_control.pipelines (
  name text PRIMARY KEY,
  -- Shown under this heading.
  group_name text,
  description text,
  owner text,
  tags text[] NOT NULL DEFAULT '{}',
  -- The file, from the project's folder on.
  file text NOT NULL,
  -- Git commit of the project, or digest of the file.
  code_version text,
  -- As `every` and `cron` make it; null: it has none.
  schedule jsonb,
  parents text[] NOT NULL DEFAULT '{}',
  parent_rule text NOT NULL DEFAULT 'succeeded',
  -- queue, priority, labels, pools, timeoutSeconds, memoryMb, attempts, disableAfter
  limits jsonb NOT NULL,
  -- name → default
  params jsonb NOT NULL DEFAULT '{}',
  -- What the file says.
  declared_enabled boolean NOT NULL,
  -- What a command said since; null: nothing.
  enabled boolean,
  -- Why a command, or the count of failures, disabled it.
  disabled_reason text,
  -- Nothing is started while it is set.
  paused_at timestamptz,
  -- Failures since the last success.
  failures integer NOT NULL DEFAULT 0,
  -- The last fire that was queued, or left out.
  last_due_at timestamptz,
  registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Its file is gone; its runs stay.
  retired_at timestamptz,
  CONSTRAINT pipelines_parent_rule CHECK (parent_rule IN ('succeeded', 'finished'))
) WITH (fillfactor = 70);

-- The parent's run that a child has already followed.
CREATE TABLE millrace_control.parent_marks (
  pipeline text NOT NULL,
  parent text NOT NULL,
  run uuid NOT NULL,
  PRIMARY KEY (pipeline, parent)
);

-- Processes that carry out runs. One is alive while its time is not up and its session holds its lock.
CREATE TABLE millrace_control.workers (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  queues text[] NOT NULL,
  labels text[] NOT NULL,
  slots integer NOT NULL,
  lock_key bigint NOT NULL,
  draining boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  beat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Slots of named pools; a pool without a row has one slot.
CREATE TABLE millrace_control.pools (
  name text PRIMARY KEY,
  slots integer NOT NULL CHECK (slots >= 0)
);

ALTER TABLE millrace_control.runs
  ALTER COLUMN host DROP NOT NULL,
  ALTER COLUMN pid DROP NOT NULL,
  ALTER COLUMN started_at DROP NOT NULL,
  DROP CONSTRAINT runs_status,
  ADD CONSTRAINT runs_status
    CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'stopped', 'cancelled', 'died')),
  -- The fire that it answers, as the schedule names it.
  ADD COLUMN due_at timestamptz,
  ADD COLUMN queued_at timestamptz,
  -- Not claimed before.
  ADD COLUMN available_at timestamptz,
  ADD COLUMN queue text NOT NULL DEFAULT 'default',
  ADD COLUMN priority integer NOT NULL DEFAULT 0,
  ADD COLUMN labels text[] NOT NULL DEFAULT '{}',
  ADD COLUMN pools text[] NOT NULL DEFAULT '{}',
  -- Processes that were started for it, counted when it is claimed.
  ADD COLUMN tries integer NOT NULL DEFAULT 0,
  ADD COLUMN max_tries integer NOT NULL DEFAULT 1,
  ADD COLUMN timeout_seconds integer NOT NULL DEFAULT 0,
  ADD COLUMN memory_mb integer NOT NULL DEFAULT 2048,
  -- What the process needs to know of how it was asked for; null once it is over.
  ADD COLUMN request jsonb,
  ADD COLUMN requested_by text,
  -- The parents' runs that it follows.
  ADD COLUMN parent_runs uuid[],
  ADD COLUMN worker uuid,
  -- The interrupted run that it went on with.
  ADD COLUMN continues uuid,
  ADD COLUMN code_version text,
  -- stop, cancel or timeout: how it is to end.
  ADD COLUMN ending text,
  ADD COLUMN exit_code integer,
  ADD COLUMN signal text,
  ADD COLUMN peak_memory_bytes bigint,
  ADD COLUMN cpu_ms bigint,
  ADD COLUMN exceptions integer NOT NULL DEFAULT 0,
  ADD COLUMN last_exception jsonb;

-- One run per fire, whoever queues it.
CREATE UNIQUE INDEX runs_one_per_fire ON millrace_control.runs (pipeline, due_at) WHERE due_at IS NOT NULL;
-- One run per set of parents' runs.
CREATE UNIQUE INDEX runs_one_per_parents ON millrace_control.runs (pipeline, parent_runs) WHERE parent_runs IS NOT NULL;
CREATE INDEX runs_waiting ON millrace_control.runs (queue, priority DESC, available_at, id) WHERE status = 'queued';
-- Runs that were interrupted: they go on before later ones of their pipeline begin.
CREATE INDEX runs_interrupted ON millrace_control.runs (pipeline, partition, id)
  WHERE status = 'queued' AND started_at IS NOT NULL;
CREATE INDEX runs_going_on ON millrace_control.runs (worker) WHERE status = 'running';
CREATE INDEX runs_over ON millrace_control.runs (finished_at) WHERE finished_at IS NOT NULL;

-- The worker that holds a lease for its run; such a lease lives as long as the worker does.
ALTER TABLE millrace_control.leases ADD COLUMN worker uuid;

-- What was asked of runs and pipelines, by whom, and what came of it.
CREATE TABLE millrace_control.commands (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  pipeline text NOT NULL,
  run uuid,
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  status text NOT NULL DEFAULT 'pending',
  -- Who took it.
  worker uuid,
  accepted_at timestamptz,
  done_at timestamptz,
  result text,
  CONSTRAINT commands_kind CHECK (kind IN ('start', 'stop', 'pause', 'resume', 'restart', 'enable', 'disable', 'cancel')),
  CONSTRAINT commands_status CHECK (status IN ('pending', 'accepted', 'done', 'failed'))
);
CREATE INDEX commands_open ON millrace_control.commands (requested_at) WHERE status IN ('pending', 'accepted');
CREATE INDEX commands_by_time ON millrace_control.commands (requested_at);

-- True while some session holds an advisory lock of one number.
CREATE FUNCTION millrace_control.lock_is_held(key bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_locks AS lock
    WHERE lock.locktype = 'advisory' AND lock.objsubid = 1 AND lock.granted
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND lock.classid = ((key >> 32) & 4294967295)::oid
      AND lock.objid = (key & 4294967295)::oid)
$$;

CREATE FUNCTION millrace_control.worker_is_alive(worker millrace_control.workers) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT worker.expires_at > clock_timestamp() AND millrace_control.lock_is_held(worker.lock_key)
$$;

-- True while the holder of a lease has to be taken for alive.
CREATE FUNCTION millrace_control.lease_is_alive(lease millrace_control.leases) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN lease.worker IS NOT NULL THEN EXISTS (
      SELECT FROM millrace_control.workers AS holder
      WHERE holder.id = lease.worker AND millrace_control.worker_is_alive(holder))
    ELSE lease.expires_at > clock_timestamp() AND (NOT lease.locked OR millrace_control.lock_is_held(lease.lock_key))
  END
$$;

-- Slots of a pool; null: as many as come. Limits of groups, queues and pipelines hold only where they are set.
CREATE FUNCTION millrace_control.pool_slots(pool text) RETURNS integer LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(
    (SELECT known.slots FROM millrace_control.pools AS known WHERE known.name = pool),
    CASE WHEN pool ~ '^(group|queue|pipeline):' THEN NULL ELSE 1 END)
$$;

-- Pools in which no slot is free. A slot is not kept anywhere: a run holds it for as long as it is `running`.
CREATE FUNCTION millrace_control.full_pools() RETURNS text[] LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(array_agg(name), '{}') FROM (
    SELECT held.name FROM millrace_control.runs AS busy CROSS JOIN LATERAL unnest(busy.pools) AS held (name)
      LEFT JOIN millrace_control.pools AS known ON known.name = held.name
    WHERE busy.status = 'running' AND (known.slots IS NOT NULL OR held.name !~ '^(group|queue|pipeline):')
    GROUP BY held.name, known.slots HAVING count(*) >= coalesce(known.slots, 1)
    UNION ALL SELECT known.name FROM millrace_control.pools AS known WHERE known.slots = 0
  ) AS taken
$$;

-- True where one more run may hold a slot.
CREATE FUNCTION millrace_control.pool_has_room(pool text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT pool <> ALL (millrace_control.full_pools())
$$;

-- Claims up to `wanted` runs for a worker: those that wait in its queues, whose pipeline runs nowhere else, and for which
-- every pool has a slot. What waits is read in the order of an index and no further than to the last one that is claimed.
-- The planner takes the conditions for rarer than they are, and would rather sort everything: it may not.
CREATE FUNCTION millrace_control.claim_runs(claimer uuid, wanted integer)
RETURNS SETOF millrace_control.runs LANGUAGE plpgsql SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  mine millrace_control.workers;
  waiting millrace_control.runs;
  taken text[] := millrace_control.full_pools();
  paused text[] := ARRAY(SELECT name FROM millrace_control.pipelines WHERE paused_at IS NOT NULL);
  limited text[];
  claimed integer := 0;
BEGIN
  SELECT * INTO mine FROM millrace_control.workers WHERE id = claimer AND NOT draining;
  IF NOT FOUND THEN RETURN; END IF;
  FOR waiting IN
    SELECT run.* FROM unnest(mine.queues) AS served (queue) CROSS JOIN LATERAL (
      SELECT queued.* FROM millrace_control.runs AS queued
      WHERE queued.status = 'queued' AND queued.queue = served.queue AND queued.available_at <= clock_timestamp()
        AND queued.labels <@ mine.labels AND NOT queued.pools && taken AND queued.pipeline <> ALL (paused)
        AND NOT EXISTS (
          SELECT FROM millrace_control.runs AS other
          WHERE other.status = 'running' AND other.pipeline = queued.pipeline AND other.partition = queued.partition)
        AND NOT EXISTS (
          SELECT FROM millrace_control.runs AS other
          WHERE other.status = 'queued' AND other.started_at IS NOT NULL AND other.pipeline = queued.pipeline
            AND other.partition = queued.partition AND other.id < queued.id)
        AND NOT EXISTS (
          SELECT FROM millrace_control.leases AS held
          WHERE held.pipeline = queued.pipeline AND held.partition = queued.partition
            AND millrace_control.lease_is_alive(held))
      ORDER BY queued.priority DESC, queued.available_at, queued.id
      FOR UPDATE SKIP LOCKED
      LIMIT wanted + 16
    ) AS run
    ORDER BY run.priority DESC, run.available_at, run.id
  LOOP
    EXIT WHEN claimed >= wanted;
    -- An earlier one of this claim may have taken the last slot, or the pipeline.
    CONTINUE WHEN waiting.pools && taken;
    limited := ARRAY(
      SELECT name FROM unnest(waiting.pools) AS named (name)
      WHERE name !~ '^(group|queue|pipeline):' OR EXISTS (SELECT FROM millrace_control.pools AS known WHERE known.name = named.name)
      ORDER BY name);
    IF cardinality(limited) > 0 THEN
      -- Who else looks for a slot of these pools waits until this claim is over, then counts it.
      PERFORM pg_advisory_xact_lock(hashtextextended('millrace pool ' || name, 0)) FROM unnest(limited) AS named (name);
      taken := millrace_control.full_pools();
      CONTINUE WHEN waiting.pools && taken;
    END IF;
    IF millrace_control.hold_run(mine, waiting) THEN
      claimed := claimed + 1;
      SELECT * INTO waiting FROM millrace_control.runs WHERE id = waiting.id;
      IF cardinality(limited) > 0 THEN taken := millrace_control.full_pools(); END IF;
      RETURN NEXT waiting;
    END IF;
  END LOOP;
END
$$;

-- Gives a worker a run that waits, and its pipeline's lease; false where another has that.
CREATE FUNCTION millrace_control.hold_run(mine millrace_control.workers, waiting millrace_control.runs)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  token uuid := gen_random_uuid();
BEGIN
  INSERT INTO millrace_control.leases AS held
    (pipeline, partition, token, holder, lock_key, locked, acquired_at, beat_at, expires_at, worker)
  VALUES (waiting.pipeline, waiting.partition, token,
    jsonb_build_object('host', mine.host, 'pid', mine.pid, 'run', waiting.id, 'since',
      to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
    mine.lock_key, true, clock_timestamp(), clock_timestamp(), mine.expires_at, mine.id)
  ON CONFLICT (pipeline, partition) DO UPDATE SET
    token = excluded.token, holder = excluded.holder, lock_key = excluded.lock_key, locked = excluded.locked,
    acquired_at = excluded.acquired_at, beat_at = excluded.beat_at, expires_at = excluded.expires_at,
    worker = excluded.worker
  WHERE NOT millrace_control.lease_is_alive(held);
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE millrace_control.runs SET
    status = 'running', worker = mine.id, lease = token, tries = tries + 1, host = mine.host, pid = mine.pid,
    started_at = coalesce(started_at, clock_timestamp()), finished_at = NULL, updated_at = clock_timestamp(),
    exit_code = NULL, signal = NULL, error = NULL
  WHERE id = waiting.id AND status = 'queued';
  RETURN FOUND;
END
$$;

-- Who does what only one process is to do. The advisory lock decides; the time tells when its holder does not answer.
CREATE TABLE millrace_control.leaders (
  name text PRIMARY KEY,
  holder uuid NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  -- The server process of the holder's session.
  backend integer NOT NULL,
  since timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
