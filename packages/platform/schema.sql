-- The control tables. Generated from migrations/ by `npm run generate`; do not edit.

CREATE TABLE millrace_control.attempts (
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT ''::text,
  last bigint NOT NULL,
  CONSTRAINT attempts_pkey PRIMARY KEY (pipeline, partition)
);

CREATE TABLE millrace_control.commands (
  id uuid NOT NULL,
  kind text NOT NULL,
  pipeline text NOT NULL,
  run uuid,
  requested_by text NOT NULL,
  requested_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  status text NOT NULL DEFAULT 'pending'::text,
  worker uuid,
  accepted_at timestamp with time zone,
  done_at timestamp with time zone,
  result text,
  CONSTRAINT commands_kind CHECK ((kind = ANY (ARRAY['start'::text, 'stop'::text, 'pause'::text, 'resume'::text, 'restart'::text, 'enable'::text, 'disable'::text, 'cancel'::text]))),
  CONSTRAINT commands_pkey PRIMARY KEY (id),
  CONSTRAINT commands_status CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'done'::text, 'failed'::text])))
);

CREATE INDEX commands_by_time ON millrace_control.commands USING btree (requested_at);

CREATE INDEX commands_open ON millrace_control.commands USING btree (requested_at) WHERE (status = ANY (ARRAY['pending'::text, 'accepted'::text]));

CREATE TABLE millrace_control.event_cursors (
  consumer text NOT NULL,
  seq bigint NOT NULL,
  holder uuid,
  beat_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT event_cursors_pkey PRIMARY KEY (consumer)
) WITH (fillfactor=50);

CREATE TABLE millrace_control.events (
  id bigint NOT NULL,
  seq bigint,
  at timestamp with time zone NOT NULL,
  type text NOT NULL,
  pipeline text,
  "group" text,
  run uuid,
  worker text,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT events_pkey PRIMARY KEY (id)
) WITH (fillfactor=80);

CREATE INDEX events_by_pipeline ON millrace_control.events USING btree (pipeline, id DESC);

CREATE UNIQUE INDEX events_by_seq ON millrace_control.events USING btree (seq);

CREATE INDEX events_by_time ON millrace_control.events USING btree (at);

CREATE INDEX events_without_seq ON millrace_control.events USING btree (id) WHERE (seq IS NULL);

CREATE TABLE millrace_control.leases (
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT ''::text,
  token uuid NOT NULL,
  holder jsonb NOT NULL,
  lock_key bigint NOT NULL,
  locked boolean NOT NULL,
  acquired_at timestamp with time zone NOT NULL,
  beat_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  worker uuid,
  CONSTRAINT leases_pkey PRIMARY KEY (pipeline, partition)
) WITH (fillfactor=50);

CREATE TABLE millrace_control.notification_incidents (
  id bigint NOT NULL,
  rule text NOT NULL,
  subject text NOT NULL,
  pipeline text,
  opened_at timestamp with time zone NOT NULL,
  last_at timestamp with time zone NOT NULL,
  last_run uuid,
  count bigint NOT NULL DEFAULT 1,
  severity text NOT NULL,
  told jsonb NOT NULL DEFAULT '[]'::jsonb,
  told_at timestamp with time zone NOT NULL,
  escalated integer NOT NULL DEFAULT 0,
  channels text[] NOT NULL DEFAULT '{}'::text[],
  item jsonb NOT NULL,
  closed_at timestamp with time zone,
  CONSTRAINT notification_incidents_pkey PRIMARY KEY (id)
) WITH (fillfactor=70);

CREATE INDEX notification_incidents_by_pipeline ON millrace_control.notification_incidents USING btree (pipeline) WHERE (closed_at IS NULL);

CREATE INDEX notification_incidents_by_time ON millrace_control.notification_incidents USING btree (last_at);

CREATE UNIQUE INDEX notification_incidents_open ON millrace_control.notification_incidents USING btree (subject, rule) WHERE (closed_at IS NULL);

CREATE TABLE millrace_control.notification_items (
  id bigint NOT NULL,
  rule text NOT NULL,
  channels text[] NOT NULL,
  due_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  item jsonb NOT NULL,
  CONSTRAINT notification_items_pkey PRIMARY KEY (id)
);

CREATE INDEX notification_items_by_rule ON millrace_control.notification_items USING btree (rule, due_at);

CREATE TABLE millrace_control.notification_rules (
  rule text NOT NULL,
  last_sent_at timestamp with time zone,
  CONSTRAINT notification_rules_pkey PRIMARY KEY (rule)
) WITH (fillfactor=50);

CREATE TABLE millrace_control.notifications (
  id uuid NOT NULL,
  seq bigint NOT NULL,
  rule text,
  channel text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  pipeline text,
  run uuid,
  title text NOT NULL,
  message jsonb NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamp with time zone NOT NULL,
  holder uuid,
  lease_until timestamp with time zone,
  last_error text,
  created_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone,
  CONSTRAINT notifications_pkey PRIMARY KEY (id),
  CONSTRAINT notifications_status CHECK ((status = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text])))
) WITH (fillfactor=70);

CREATE INDEX notifications_by_time ON millrace_control.notifications USING btree (created_at DESC);

CREATE INDEX notifications_waiting ON millrace_control.notifications USING btree (channel, seq) WHERE (status = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE TABLE millrace_control.parent_marks (
  pipeline text NOT NULL,
  parent text NOT NULL,
  run uuid NOT NULL,
  CONSTRAINT parent_marks_pkey PRIMARY KEY (pipeline, parent)
);

CREATE TABLE millrace_control.pipelines (
  name text NOT NULL,
  group_name text,
  description text,
  owner text,
  tags text[] NOT NULL DEFAULT '{}'::text[],
  file text NOT NULL,
  code_version text,
  schedule jsonb,
  parents text[] NOT NULL DEFAULT '{}'::text[],
  parent_rule text NOT NULL DEFAULT 'succeeded'::text,
  limits jsonb NOT NULL,
  params jsonb NOT NULL DEFAULT '{}'::jsonb,
  declared_enabled boolean NOT NULL,
  enabled boolean,
  disabled_reason text,
  paused_at timestamp with time zone,
  failures integer NOT NULL DEFAULT 0,
  last_due_at timestamp with time zone,
  registered_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  retired_at timestamp with time zone,
  CONSTRAINT pipelines_parent_rule CHECK ((parent_rule = ANY (ARRAY['succeeded'::text, 'finished'::text]))),
  CONSTRAINT pipelines_pkey PRIMARY KEY (name)
) WITH (fillfactor=70);

CREATE TABLE millrace_control.pools (
  name text NOT NULL,
  slots integer NOT NULL,
  CONSTRAINT pools_pkey PRIMARY KEY (name),
  CONSTRAINT pools_slots_check CHECK ((slots >= 0))
);

CREATE TABLE millrace_control.runs (
  id uuid NOT NULL,
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT ''::text,
  status text NOT NULL,
  attempt bigint,
  trigger text NOT NULL,
  lease uuid,
  host text,
  pid integer,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  duration_ms bigint,
  resumed boolean NOT NULL DEFAULT false,
  counts jsonb NOT NULL DEFAULT '{}'::jsonb,
  checkpoint jsonb NOT NULL DEFAULT '{}'::jsonb,
  withheld jsonb NOT NULL DEFAULT '{}'::jsonb,
  error jsonb,
  options jsonb NOT NULL DEFAULT '{}'::jsonb,
  log jsonb NOT NULL DEFAULT '[]'::jsonb,
  updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  due_at timestamp with time zone,
  queued_at timestamp with time zone,
  available_at timestamp with time zone,
  queue text NOT NULL DEFAULT 'default'::text,
  priority integer NOT NULL DEFAULT 0,
  labels text[] NOT NULL DEFAULT '{}'::text[],
  pools text[] NOT NULL DEFAULT '{}'::text[],
  tries integer NOT NULL DEFAULT 0,
  max_tries integer NOT NULL DEFAULT 1,
  timeout_seconds integer NOT NULL DEFAULT 0,
  memory_mb integer NOT NULL DEFAULT 2048,
  request jsonb,
  requested_by text,
  parent_runs uuid[],
  worker uuid,
  continues uuid,
  code_version text,
  ending text,
  exit_code integer,
  signal text,
  peak_memory_bytes bigint,
  cpu_ms bigint,
  exceptions integer NOT NULL DEFAULT 0,
  last_exception jsonb,
  CONSTRAINT runs_pkey PRIMARY KEY (id),
  CONSTRAINT runs_status CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'stopped'::text, 'cancelled'::text, 'died'::text])))
) WITH (fillfactor=70);

CREATE INDEX runs_by_pipeline ON millrace_control.runs USING btree (pipeline, id DESC);

CREATE INDEX runs_going_on ON millrace_control.runs USING btree (worker) WHERE (status = 'running'::text);

CREATE UNIQUE INDEX runs_one_per_fire ON millrace_control.runs USING btree (pipeline, due_at) WHERE (due_at IS NOT NULL);

CREATE UNIQUE INDEX runs_one_per_parents ON millrace_control.runs USING btree (pipeline, parent_runs) WHERE (parent_runs IS NOT NULL);

CREATE UNIQUE INDEX runs_one_running ON millrace_control.runs USING btree (pipeline, partition) WHERE (status = 'running'::text);

CREATE INDEX runs_over ON millrace_control.runs USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX runs_waiting ON millrace_control.runs USING btree (queue, priority DESC, available_at, id) WHERE (status = 'queued'::text);

CREATE TABLE millrace_control.schema_migrations (
  version integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE millrace_control.workers (
  id uuid NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  queues text[] NOT NULL,
  labels text[] NOT NULL,
  slots integer NOT NULL,
  lock_key bigint NOT NULL,
  draining boolean NOT NULL DEFAULT false,
  started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  beat_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT workers_pkey PRIMARY KEY (id)
) WITH (fillfactor=50);
