-- The control tables. Generated from migrations/ by `npm run generate`; do not edit.

CREATE TABLE millrace_control.announcements (
  id bigint NOT NULL,
  kind text NOT NULL,
  subject uuid NOT NULL,
  due_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT announcements_kind CHECK ((kind = ANY (ARRAY['run'::text, 'freed'::text, 'command'::text]))),
  CONSTRAINT announcements_pkey PRIMARY KEY (id)
);

CREATE INDEX announcements_by_time ON millrace_control.announcements USING btree (due_at, id);

CREATE TABLE millrace_control.api_tokens (
  id uuid NOT NULL,
  name text NOT NULL,
  token_hash bytea NOT NULL,
  hint text NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  groups text[],
  pipelines text[],
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  last_used_address text,
  revoked_at timestamp with time zone,
  streams text[],
  CONSTRAINT api_tokens_name_check CHECK ((name <> ''::text)),
  CONSTRAINT api_tokens_pkey PRIMARY KEY (id),
  CONSTRAINT api_tokens_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text]))),
  CONSTRAINT api_tokens_scoped_read CHECK ((((groups IS NULL) AND (pipelines IS NULL)) OR (role = 'viewer'::text))),
  CONSTRAINT api_tokens_streams CHECK (((streams IS NULL) OR ((role = 'viewer'::text) AND (groups IS NULL) AND (pipelines IS NULL) AND (streams <> '{}'::text[])))),
  CONSTRAINT api_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT api_tokens_token_hash_key UNIQUE (token_hash),
  CONSTRAINT api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES millrace_control.users(id) ON DELETE CASCADE
);

CREATE INDEX api_tokens_of_user ON millrace_control.api_tokens USING btree (user_id);

CREATE TABLE millrace_control.attempts (
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT ''::text,
  last bigint NOT NULL,
  CONSTRAINT attempts_pkey PRIMARY KEY (pipeline, partition)
);

CREATE TABLE millrace_control.audit (
  id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  role text,
  action text NOT NULL,
  target text,
  outcome text NOT NULL,
  status integer,
  code text,
  address text,
  request_id text,
  details jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT audit_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'token'::text, 'anonymous'::text, 'terminal'::text]))),
  CONSTRAINT audit_outcome_check CHECK ((outcome = ANY (ARRAY['started'::text, 'done'::text, 'refused'::text, 'failed'::text]))),
  CONSTRAINT audit_pkey PRIMARY KEY (id)
);

CREATE INDEX audit_by_action ON millrace_control.audit USING btree (action text_pattern_ops, id DESC);

CREATE INDEX audit_by_actor ON millrace_control.audit USING btree (lower(actor_name), id DESC);

CREATE INDEX audit_by_target ON millrace_control.audit USING btree (target, id DESC) WHERE (target IS NOT NULL);

CREATE INDEX audit_by_time ON millrace_control.audit USING btree (at);

CREATE TABLE millrace_control.backfill_partitions (
  pipeline text NOT NULL,
  partition text NOT NULL,
  start_at timestamp with time zone,
  end_at timestamp with time zone,
  run uuid NOT NULL,
  succeeded_at timestamp with time zone,
  CONSTRAINT backfill_partitions_pkey PRIMARY KEY (pipeline, partition)
);

CREATE INDEX backfill_partitions_by_run ON millrace_control.backfill_partitions USING btree (run);

CREATE TABLE millrace_control.backfills (
  id uuid NOT NULL,
  pipeline text NOT NULL,
  range jsonb,
  partitions text[] NOT NULL,
  parallel integer NOT NULL,
  requested_by text NOT NULL,
  requested_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  cancelled_at timestamp with time zone,
  CONSTRAINT backfills_parallel_check CHECK ((parallel > 0)),
  CONSTRAINT backfills_pkey PRIMARY KEY (id)
);

CREATE INDEX backfills_by_time ON millrace_control.backfills USING btree (requested_at);

CREATE TABLE millrace_control.brokers (
  name text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT brokers_pkey PRIMARY KEY (name)
);

CREATE VIEW millrace_control.claimable_runs AS
 SELECT id,
    queue,
    labels,
    tries,
    priority,
    available_at
   FROM millrace_control.runs run
  WHERE status = 'queued'::text AND available_at <= clock_timestamp() AND NOT (EXISTS ( SELECT
           FROM millrace_control.runs other
          WHERE other.status = 'running'::text AND other.pipeline = run.pipeline AND other.partition = run.partition)) AND NOT (EXISTS ( SELECT
           FROM millrace_control.runs other
          WHERE other.status = 'queued'::text AND other.started_at IS NOT NULL AND other.pipeline = run.pipeline AND other.partition = run.partition AND other.id < run.id)) AND NOT (EXISTS ( SELECT
           FROM millrace_control.pipelines known
          WHERE known.name = run.pipeline AND known.paused_at IS NOT NULL)) AND NOT pools && (( SELECT millrace_control.full_pools() AS full_pools)) AND NOT (EXISTS ( SELECT
           FROM millrace_control.leases held
          WHERE held.pipeline = run.pipeline AND held.partition = run.partition AND millrace_control.lease_is_alive(held.*)));

CREATE TABLE millrace_control.collected_tables (
  pipeline text NOT NULL,
  table_name text NOT NULL,
  first_at timestamp with time zone NOT NULL,
  CONSTRAINT collected_tables_pkey PRIMARY KEY (pipeline, table_name)
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
  name text,
  args jsonb,
  answer jsonb,
  CONSTRAINT commands_kind CHECK ((kind = ANY (ARRAY['start'::text, 'stop'::text, 'pause'::text, 'resume'::text, 'restart'::text, 'enable'::text, 'disable'::text, 'cancel'::text, 'reset'::text, 'discard'::text, 'control'::text]))),
  CONSTRAINT commands_of_sources CHECK (((kind = 'control'::text) = (name IS NOT NULL))),
  CONSTRAINT commands_pkey PRIMARY KEY (id),
  CONSTRAINT commands_status CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'done'::text, 'failed'::text])))
);

CREATE INDEX commands_by_kind ON millrace_control.commands USING btree (kind, requested_at DESC, id DESC);

CREATE INDEX commands_by_pipeline ON millrace_control.commands USING btree (pipeline, requested_at DESC, id DESC);

CREATE INDEX commands_by_status ON millrace_control.commands USING btree (status, requested_at DESC, id DESC);

CREATE INDEX commands_by_time ON millrace_control.commands USING btree (requested_at);

CREATE INDEX commands_open ON millrace_control.commands USING btree (requested_at) WHERE (status = ANY (ARRAY['pending'::text, 'accepted'::text]));

CREATE TRIGGER commands_given AFTER INSERT ON millrace_control.commands FOR EACH ROW WHEN (new.status = 'pending'::text AND new.run IS NOT NULL) EXECUTE FUNCTION millrace_control.announce_command();

CREATE TABLE millrace_control.data_keys (
  id uuid NOT NULL,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  hint text NOT NULL,
  role text NOT NULL,
  rate integer,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  last_used_address text,
  revoked_at timestamp with time zone,
  CONSTRAINT data_keys_key_hash_check CHECK ((octet_length(key_hash) = 32)),
  CONSTRAINT data_keys_key_hash_key UNIQUE (key_hash),
  CONSTRAINT data_keys_name_check CHECK ((name <> ''::text)),
  CONSTRAINT data_keys_pkey PRIMARY KEY (id),
  CONSTRAINT data_keys_rate_check CHECK ((rate > 0)),
  CONSTRAINT data_keys_role_check CHECK (((role ~ '^[A-Za-z_][A-Za-z0-9_-]{0,39}$'::text) AND (role <> 'public'::text)))
);

CREATE TABLE millrace_control.data_policies (
  role text NOT NULL,
  data_table text NOT NULL,
  columns text[],
  row_filter jsonb,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT data_policies_columns_check CHECK ((columns <> '{}'::text[])),
  CONSTRAINT data_policies_data_table_fkey FOREIGN KEY (data_table) REFERENCES millrace_control.data_tables(name) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT data_policies_pkey PRIMARY KEY (role, data_table),
  CONSTRAINT data_policies_role_check CHECK ((role ~ '^[A-Za-z_][A-Za-z0-9_-]{0,39}$'::text))
);

CREATE INDEX data_policies_by_table ON millrace_control.data_policies USING btree (data_table);

CREATE TABLE millrace_control.data_saved (
  id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  data_table text,
  body text NOT NULL,
  body_hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  CONSTRAINT data_saved_body_check CHECK ((body <> ''::text)),
  CONSTRAINT data_saved_body_hash_check CHECK ((octet_length(body_hash) = 32)),
  CONSTRAINT data_saved_kind_check CHECK ((kind = ANY (ARRAY['graphql'::text, 'filter'::text, 'sql'::text]))),
  CONSTRAINT data_saved_kind_name_key UNIQUE (kind, name),
  CONSTRAINT data_saved_name_check CHECK ((name <> ''::text)),
  CONSTRAINT data_saved_pkey PRIMARY KEY (id)
);

CREATE INDEX data_saved_by_hash ON millrace_control.data_saved USING btree (body_hash) WHERE (kind = 'graphql'::text);

CREATE TABLE millrace_control.data_secrets (
  name text NOT NULL,
  value bytea NOT NULL,
  CONSTRAINT data_secrets_pkey PRIMARY KEY (name),
  CONSTRAINT data_secrets_value_check CHECK ((octet_length(value) >= 32))
);

CREATE TABLE millrace_control.data_tables (
  name text NOT NULL,
  table_schema text NOT NULL,
  table_name text NOT NULL,
  columns text[],
  relations jsonb NOT NULL DEFAULT '[]'::jsonb,
  description text,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT data_tables_columns_check CHECK ((columns <> '{}'::text[])),
  CONSTRAINT data_tables_name_check CHECK ((name ~ '^[A-Za-z_][A-Za-z0-9_-]{0,62}$'::text)),
  CONSTRAINT data_tables_pkey PRIMARY KEY (name),
  CONSTRAINT data_tables_relations_check CHECK ((jsonb_typeof(relations) = 'array'::text)),
  CONSTRAINT data_tables_table_name_check CHECK ((table_name <> ''::text)),
  CONSTRAINT data_tables_table_schema_check CHECK ((table_schema <> ''::text))
);

CREATE TABLE millrace_control.data_usage (
  hour timestamp with time zone NOT NULL,
  key_id text NOT NULL,
  role text NOT NULL,
  data_table text NOT NULL,
  requests bigint NOT NULL,
  refused bigint NOT NULL,
  failed bigint NOT NULL,
  cached bigint NOT NULL,
  bytes bigint NOT NULL,
  CONSTRAINT data_usage_pkey PRIMARY KEY (hour, key_id, role, data_table)
);

CREATE TABLE millrace_control.document_decisions (
  id uuid NOT NULL,
  document uuid NOT NULL,
  pipeline text NOT NULL,
  kind text NOT NULL,
  "values" jsonb,
  lines jsonb,
  stage text,
  before jsonb,
  decided_by text NOT NULL,
  decided_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  answered_at timestamp with time zone,
  refused text,
  CONSTRAINT document_decisions_document_fkey FOREIGN KEY (document) REFERENCES millrace_control.documents(id) ON DELETE CASCADE,
  CONSTRAINT document_decisions_kind CHECK ((kind = ANY (ARRAY['accept'::text, 'reject'::text, 'reprocess'::text]))),
  CONSTRAINT document_decisions_pkey PRIMARY KEY (id)
);

CREATE INDEX document_decisions_by_document ON millrace_control.document_decisions USING btree (document, decided_at);

CREATE INDEX document_decisions_open ON millrace_control.document_decisions USING btree (pipeline, decided_at) WHERE (answered_at IS NULL);

CREATE TABLE millrace_control.document_pages (
  document uuid NOT NULL,
  page integer NOT NULL,
  width double precision NOT NULL,
  height double precision NOT NULL,
  content_type text NOT NULL,
  image bytea NOT NULL,
  CONSTRAINT document_pages_pkey PRIMARY KEY (document, page)
);

CREATE TABLE millrace_control.document_transitions (
  document uuid NOT NULL,
  number bigint NOT NULL,
  stage text NOT NULL,
  outcome text NOT NULL,
  at timestamp with time zone NOT NULL,
  duration_ms double precision NOT NULL,
  attempt integer NOT NULL,
  message text,
  CONSTRAINT document_transitions_document_fkey FOREIGN KEY (document) REFERENCES millrace_control.documents(id) ON DELETE CASCADE,
  CONSTRAINT document_transitions_pkey PRIMARY KEY (document, number)
);

CREATE TABLE millrace_control.documents (
  id uuid NOT NULL,
  pipeline text NOT NULL,
  name text NOT NULL,
  type text,
  stage text NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  bytes bigint NOT NULL,
  sha256 text,
  priority double precision NOT NULL,
  pages integer,
  confidence double precision,
  file text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  error_code text,
  error_message text,
  fields jsonb,
  number bigint NOT NULL,
  CONSTRAINT documents_pkey PRIMARY KEY (id),
  CONSTRAINT documents_state CHECK ((state = ANY (ARRAY['waiting'::text, 'review'::text, 'landing'::text, 'done'::text, 'failed'::text, 'duplicate'::text, 'rejected'::text])))
) WITH (fillfactor=70);

CREATE INDEX documents_by_pipeline ON millrace_control.documents USING btree (pipeline, received_at DESC, id DESC);

CREATE INDEX documents_by_state ON millrace_control.documents USING btree (state, received_at DESC, id DESC);

CREATE INDEX documents_by_time ON millrace_control.documents USING btree (received_at DESC, id DESC);

CREATE TABLE millrace_control.error_days (
  fingerprint text NOT NULL,
  day date NOT NULL,
  count bigint NOT NULL,
  CONSTRAINT error_days_pkey PRIMARY KEY (fingerprint, day)
) WITH (fillfactor=70);

CREATE TABLE millrace_control.error_groups (
  fingerprint text NOT NULL,
  code text NOT NULL,
  summary text NOT NULL,
  count bigint NOT NULL,
  first_seen_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  returned_at timestamp with time zone,
  run uuid NOT NULL,
  pipeline text NOT NULL,
  message text NOT NULL,
  hint text,
  stack text,
  CONSTRAINT error_groups_pkey PRIMARY KEY (fingerprint)
) WITH (fillfactor=70);

CREATE INDEX error_groups_by_time ON millrace_control.error_groups USING btree (last_seen_at DESC, fingerprint DESC);

CREATE TABLE millrace_control.error_inbox (
  id bigint NOT NULL,
  fingerprint text NOT NULL,
  code text NOT NULL,
  summary text NOT NULL,
  run uuid NOT NULL,
  pipeline text NOT NULL,
  at timestamp with time zone NOT NULL,
  message text NOT NULL,
  hint text,
  stack text,
  CONSTRAINT error_inbox_pkey PRIMARY KEY (id)
);

CREATE TABLE millrace_control.error_pipelines (
  fingerprint text NOT NULL,
  pipeline text NOT NULL,
  count bigint NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  last_run uuid NOT NULL,
  CONSTRAINT error_pipelines_pkey PRIMARY KEY (fingerprint, pipeline)
) WITH (fillfactor=70);

CREATE INDEX error_pipelines_by_pipeline ON millrace_control.error_pipelines USING btree (pipeline, fingerprint);

CREATE TABLE millrace_control.error_runs (
  fingerprint text NOT NULL,
  at timestamp with time zone NOT NULL,
  run uuid NOT NULL,
  pipeline text NOT NULL,
  message text NOT NULL,
  CONSTRAINT error_runs_pkey PRIMARY KEY (fingerprint, at, run)
);

CREATE INDEX error_runs_by_time ON millrace_control.error_runs USING btree (at);

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

CREATE INDEX events_by_group ON millrace_control.events USING btree ("group", id DESC) WHERE ("group" IS NOT NULL);

CREATE INDEX events_by_pipeline ON millrace_control.events USING btree (pipeline, id DESC);

CREATE UNIQUE INDEX events_by_seq ON millrace_control.events USING btree (seq);

CREATE INDEX events_by_time ON millrace_control.events USING btree (at);

CREATE INDEX events_by_type ON millrace_control.events USING btree (type, id DESC) WHERE (type <> ALL (ARRAY['run.queued'::text, 'run.started'::text, 'run.committed'::text, 'run.finished'::text]));

CREATE INDEX events_of_run ON millrace_control.events USING btree (run, id DESC, type) WHERE (run IS NOT NULL);

CREATE INDEX events_of_schema_by_pipeline ON millrace_control.events USING btree (pipeline, id DESC) WHERE (type = 'schema.changed'::text);

CREATE INDEX events_without_seq ON millrace_control.events USING btree (id) WHERE (seq IS NULL);

CREATE TABLE millrace_control.files (
  run uuid NOT NULL,
  pipeline text NOT NULL,
  name text NOT NULL,
  bytes bigint NOT NULL,
  rows bigint NOT NULL,
  hash bytea,
  at timestamp with time zone NOT NULL,
  CONSTRAINT files_pkey PRIMARY KEY (run, name)
);

CREATE INDEX files_by_name ON millrace_control.files USING btree (name, at DESC);

CREATE INDEX files_by_time ON millrace_control.files USING btree (at);

CREATE TABLE millrace_control.function_calls (
  run uuid NOT NULL,
  attempt bigint NOT NULL,
  pipeline text NOT NULL,
  name text NOT NULL,
  calls bigint NOT NULL,
  errors bigint NOT NULL,
  total_ms double precision NOT NULL,
  p95_ms double precision NOT NULL,
  max_ms double precision NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT function_calls_pkey PRIMARY KEY (run, attempt, name)
) WITH (fillfactor=70);

CREATE INDEX function_calls_by_pipeline ON millrace_control.function_calls USING btree (pipeline, name, at DESC);

CREATE INDEX function_calls_by_time ON millrace_control.function_calls USING btree (at);

CREATE TABLE millrace_control.idempotency_keys (
  identity text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  holder uuid NOT NULL,
  held_until timestamp with time zone NOT NULL,
  status integer,
  answer text,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (identity, route, key)
);

CREATE INDEX idempotency_keys_by_time ON millrace_control.idempotency_keys USING btree (created_at);

CREATE TABLE millrace_control.leaders (
  name text NOT NULL,
  holder uuid NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  backend integer NOT NULL,
  since timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT leaders_pkey PRIMARY KEY (name)
) WITH (fillfactor=50);

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

CREATE TABLE millrace_control.logs (
  id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  "position" bigint NOT NULL DEFAULT nextval('millrace_control.logs_position'::regclass),
  level smallint NOT NULL,
  run uuid,
  attempt bigint,
  pipeline text,
  "group" text,
  worker text,
  logger text,
  stream text,
  message text NOT NULL,
  fields json,
  CONSTRAINT logs_pkey PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);

CREATE INDEX logs_of_run ON ONLY millrace_control.logs USING btree (run, "position") WHERE (run IS NOT NULL);

CREATE INDEX logs_of_trouble ON ONLY millrace_control.logs USING btree (at DESC, id DESC) WHERE (level >= 40);

CREATE TABLE millrace_control.metrics (
  name text NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}'::jsonb,
  at timestamp with time zone NOT NULL,
  value double precision NOT NULL,
  CONSTRAINT metrics_pkey PRIMARY KEY (name, labels, at)
);

CREATE INDEX metrics_by_time ON millrace_control.metrics USING btree (at);

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

CREATE TABLE millrace_control.notification_mutes (
  id uuid NOT NULL,
  pipeline text,
  rule text,
  until timestamp with time zone NOT NULL,
  reason text,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  held bigint NOT NULL DEFAULT 0,
  CONSTRAINT notification_mutes_of_something CHECK (((pipeline IS NOT NULL) OR (rule IS NOT NULL))),
  CONSTRAINT notification_mutes_pkey PRIMARY KEY (id)
) WITH (fillfactor=70);

CREATE INDEX notification_mutes_by_end ON millrace_control.notification_mutes USING btree (until);

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

CREATE INDEX notifications_by_channel ON millrace_control.notifications USING btree (channel, created_at DESC, seq DESC);

CREATE INDEX notifications_by_pipeline ON millrace_control.notifications USING btree (pipeline, created_at DESC, seq DESC);

CREATE INDEX notifications_by_status ON millrace_control.notifications USING btree (status, created_at DESC, seq DESC);

CREATE INDEX notifications_by_time ON millrace_control.notifications USING btree (created_at DESC);

CREATE INDEX notifications_waiting ON millrace_control.notifications USING btree (channel, seq) WHERE (status = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE TABLE millrace_control.parent_marks (
  pipeline text NOT NULL,
  parent text NOT NULL,
  run uuid NOT NULL,
  CONSTRAINT parent_marks_pkey PRIMARY KEY (pipeline, parent)
);

CREATE TABLE millrace_control.pipeline_outcomes (
  pipeline text NOT NULL,
  run uuid,
  status text,
  finished_at timestamp with time zone,
  success_run uuid,
  success_due_at timestamp with time zone,
  success_started_at timestamp with time zone,
  success_finished_at timestamp with time zone,
  success_code_version text,
  failing_since timestamp with time zone,
  median_ms double precision,
  p90_ms double precision,
  CONSTRAINT pipeline_outcomes_pkey PRIMARY KEY (pipeline)
) WITH (fillfactor=50);

CREATE TABLE millrace_control.pipeline_versions (
  id bigint NOT NULL,
  pipeline text NOT NULL,
  code_version text,
  definition jsonb,
  seen_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pipeline_versions_pkey PRIMARY KEY (id)
);

CREATE INDEX pipeline_versions_by_pipeline ON millrace_control.pipeline_versions USING btree (pipeline, id DESC);

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
  params_schema jsonb,
  definition jsonb,
  pushed jsonb,
  CONSTRAINT pipelines_parent_rule CHECK ((parent_rule = ANY (ARRAY['succeeded'::text, 'finished'::text]))),
  CONSTRAINT pipelines_pkey PRIMARY KEY (name)
) WITH (fillfactor=70);

CREATE TRIGGER pipelines_resumed AFTER UPDATE OF paused_at ON millrace_control.pipelines FOR EACH ROW WHEN (old.paused_at IS NOT NULL AND new.paused_at IS NULL) EXECUTE FUNCTION millrace_control.announce_resumed_pipeline();

CREATE TABLE millrace_control.pools (
  name text NOT NULL,
  slots integer NOT NULL,
  CONSTRAINT pools_pkey PRIMARY KEY (name),
  CONSTRAINT pools_slots_check CHECK ((slots >= 0))
);

CREATE TABLE millrace_control.push_queue (
  place bigint NOT NULL,
  stream text NOT NULL,
  batch text NOT NULL,
  row_from bigint NOT NULL,
  row_end bigint NOT NULL,
  last boolean NOT NULL,
  digest text NOT NULL,
  part bytea NOT NULL,
  accepted_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  failed_at timestamp with time zone,
  failure jsonb,
  CONSTRAINT push_queue_batch_check CHECK ((batch <> ''::text)),
  CONSTRAINT push_queue_check CHECK ((row_end >= row_from)),
  CONSTRAINT push_queue_pkey PRIMARY KEY (place),
  CONSTRAINT push_queue_row_from_check CHECK ((row_from >= 0)),
  CONSTRAINT push_queue_stream_check CHECK ((stream <> ''::text))
);

CREATE UNIQUE INDEX push_queue_once ON millrace_control.push_queue USING btree (stream, batch, row_from, row_end) WHERE (failed_at IS NULL);

CREATE INDEX push_queue_waiting ON millrace_control.push_queue USING btree (stream, place) WHERE (failed_at IS NULL);

CREATE TABLE millrace_control.quality_results (
  id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  run uuid NOT NULL,
  attempt bigint,
  pipeline text NOT NULL,
  table_name text NOT NULL,
  rule text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  status text NOT NULL,
  landed boolean NOT NULL,
  observed jsonb,
  expected text NOT NULL,
  checked bigint,
  failures bigint NOT NULL,
  samples jsonb NOT NULL DEFAULT '[]'::jsonb,
  reason text,
  CONSTRAINT quality_results_once UNIQUE (run, table_name, rule, at),
  CONSTRAINT quality_results_pkey PRIMARY KEY (id),
  CONSTRAINT quality_results_severity CHECK ((severity = ANY (ARRAY['warn'::text, 'fail'::text, 'quarantine'::text]))),
  CONSTRAINT quality_results_status CHECK ((status = ANY (ARRAY['passed'::text, 'failed'::text, 'skipped'::text])))
);

CREATE INDEX quality_results_by_time ON millrace_control.quality_results USING btree (at);

CREATE INDEX quality_results_series ON millrace_control.quality_results USING btree (table_name, pipeline, rule, at DESC, id DESC);

CREATE TABLE millrace_control.run_days (
  day date NOT NULL,
  pipeline text NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  stopped integer NOT NULL,
  duration_ms bigint NOT NULL,
  CONSTRAINT run_days_pkey PRIMARY KEY (pipeline, day)
);

CREATE INDEX run_days_by_day ON millrace_control.run_days USING btree (day) INCLUDE (succeeded, failed, stopped, duration_ms);

CREATE TABLE millrace_control.run_objects (
  run uuid NOT NULL,
  pipeline text NOT NULL,
  database text NOT NULL,
  namespace text NOT NULL DEFAULT ''::text,
  name text NOT NULL,
  kind text NOT NULL,
  use text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT run_objects_pkey PRIMARY KEY (run, database, namespace, name, kind, use)
);

CREATE INDEX run_objects_by_name ON millrace_control.run_objects USING btree (lower(name), pipeline, at DESC);

CREATE INDEX run_objects_by_time ON millrace_control.run_objects USING btree (at);

CREATE VIEW millrace_control.run_tables AS
 SELECT run.id AS run,
    run.pipeline,
    run.partition,
    run.status,
    counted.key AS table_name,
    (counted.value ->> 'read'::text)::bigint AS read,
    (counted.value ->> 'inserted'::text)::bigint AS inserted,
    (counted.value ->> 'updated'::text)::bigint AS updated,
    (counted.value ->> 'unchanged'::text)::bigint AS unchanged,
    (counted.value ->> 'removed'::text)::bigint AS removed,
    (counted.value ->> 'restored'::text)::bigint AS restored,
    (counted.value ->> 'rejected'::text)::bigint AS rejected,
    run.started_at,
    run.finished_at
   FROM millrace_control.runs run
     CROSS JOIN LATERAL jsonb_each(run.counts) counted(key, value);

CREATE TABLE millrace_control.run_volumes (
  run uuid NOT NULL,
  pipeline text NOT NULL,
  partition text NOT NULL,
  table_name text NOT NULL,
  at timestamp with time zone NOT NULL,
  succeeded boolean NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  removed bigint NOT NULL,
  CONSTRAINT run_volumes_pkey PRIMARY KEY (run, table_name)
);

CREATE INDEX run_volumes_by_table ON millrace_control.run_volumes USING btree (pipeline, table_name, at DESC) INCLUDE (partition, succeeded, inserted, updated, removed, run);

CREATE INDEX run_volumes_with_rows ON millrace_control.run_volumes USING btree (pipeline, table_name, at DESC) WHERE ((inserted + updated) > 0);

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
  kind text NOT NULL DEFAULT 'pipeline'::text,
  payload json,
  result json,
  progress jsonb,
  unique_key text,
  retry_delay_ms integer NOT NULL DEFAULT 1000,
  retry_max_delay_ms integer NOT NULL DEFAULT 60000,
  backfill uuid,
  changed_rows bigint DEFAULT millrace_control.changed_rows(counts),
  CONSTRAINT runs_kind CHECK ((kind = ANY (ARRAY['pipeline'::text, 'task'::text]))),
  CONSTRAINT runs_pkey PRIMARY KEY (id),
  CONSTRAINT runs_status CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'stopped'::text, 'cancelled'::text, 'died'::text])))
) WITH (fillfactor=70);

CREATE INDEX runs_by_backfill ON millrace_control.runs USING btree (backfill, id DESC) WHERE (backfill IS NOT NULL);

CREATE INDEX runs_by_parent ON millrace_control.runs USING gin (parent_runs) WHERE (parent_runs IS NOT NULL);

CREATE INDEX runs_by_pipeline ON millrace_control.runs USING btree (pipeline, id DESC, status);

CREATE INDEX runs_by_trigger ON millrace_control.runs USING btree (trigger, id DESC) WHERE ((kind = 'pipeline'::text) AND (trigger <> 'schedule'::text));

CREATE INDEX runs_continued ON millrace_control.runs USING btree (continues) WHERE (continues IS NOT NULL);

CREATE INDEX runs_dead_tasks ON millrace_control.runs USING btree (id DESC) WHERE ((kind = 'task'::text) AND (status = ANY (ARRAY['failed'::text, 'died'::text])));

CREATE INDEX runs_ended ON millrace_control.runs USING btree (pipeline, id DESC) INCLUDE (status, due_at, queued_at, available_at, started_at, finished_at, duration_ms) WHERE ((finished_at IS NOT NULL) AND (partition = ''::text));

CREATE INDEX runs_going_on ON millrace_control.runs USING btree (worker) WHERE (status = 'running'::text);

CREATE INDEX runs_interrupted ON millrace_control.runs USING btree (pipeline, partition, id) WHERE ((status = 'queued'::text) AND (started_at IS NOT NULL));

CREATE INDEX runs_not_well ON millrace_control.runs USING btree (id DESC, status) WHERE ((kind = 'pipeline'::text) AND (status = ANY (ARRAY['failed'::text, 'died'::text, 'stopped'::text, 'cancelled'::text])));

CREATE INDEX runs_of_backfill ON millrace_control.runs USING btree (backfill, status, available_at, id) WHERE ((backfill IS NOT NULL) AND (status = ANY (ARRAY['queued'::text, 'running'::text])));

CREATE INDEX runs_of_pipelines ON millrace_control.runs USING btree (id DESC, status, trigger) WHERE (kind = 'pipeline'::text);

CREATE INDEX runs_of_tasks ON millrace_control.runs USING btree (id DESC) WHERE (kind = 'task'::text);

CREATE INDEX runs_of_worker ON millrace_control.runs USING btree (worker, id DESC) WHERE ((worker IS NOT NULL) AND (kind = 'pipeline'::text));

CREATE UNIQUE INDEX runs_one_per_fire ON millrace_control.runs USING btree (pipeline, due_at) WHERE (due_at IS NOT NULL);

CREATE UNIQUE INDEX runs_one_per_key ON millrace_control.runs USING btree (pipeline, unique_key) WHERE (unique_key IS NOT NULL);

CREATE UNIQUE INDEX runs_one_per_parents ON millrace_control.runs USING btree (pipeline, parent_runs) WHERE (parent_runs IS NOT NULL);

CREATE UNIQUE INDEX runs_one_running ON millrace_control.runs USING btree (pipeline, partition) WHERE (status = 'running'::text);

CREATE INDEX runs_over ON millrace_control.runs USING btree (finished_at) INCLUDE (pipeline, status, started_at, duration_ms) WHERE (finished_at IS NOT NULL);

CREATE INDEX runs_queued ON millrace_control.runs USING btree (pipeline, id DESC) WHERE (status = 'queued'::text);

CREATE INDEX runs_tasks_by_status ON millrace_control.runs USING btree (status, id DESC) WHERE (kind = 'task'::text);

CREATE INDEX runs_waiting ON millrace_control.runs USING btree (queue, priority DESC, available_at, id) WHERE (status = 'queued'::text);

CREATE TRIGGER runs_added AFTER INSERT ON millrace_control.runs REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION millrace_control.announce_added_runs();

CREATE TRIGGER runs_added_failed AFTER INSERT ON millrace_control.runs FOR EACH ROW WHEN (new.status = ANY (ARRAY['failed'::text, 'died'::text])) EXECUTE FUNCTION millrace_control.note_error();

CREATE TRIGGER runs_earlier AFTER UPDATE OF status, available_at ON millrace_control.runs FOR EACH ROW WHEN (new.status = 'queued'::text AND old.status <> 'running'::text AND (old.status <> 'queued'::text OR new.available_at < old.available_at)) EXECUTE FUNCTION millrace_control.announce_earlier_run();

CREATE TRIGGER runs_ended AFTER UPDATE OF status ON millrace_control.runs FOR EACH ROW WHEN (old.status = 'running'::text AND new.status <> 'running'::text OR old.status = 'queued'::text AND old.started_at IS NOT NULL AND (new.status <> ALL (ARRAY['queued'::text, 'running'::text]))) EXECUTE FUNCTION millrace_control.announce_ended_attempt();

CREATE TRIGGER runs_failed AFTER UPDATE OF status ON millrace_control.runs FOR EACH ROW WHEN ((new.status = ANY (ARRAY['failed'::text, 'died'::text])) AND (old.status <> ALL (ARRAY['failed'::text, 'died'::text]))) EXECUTE FUNCTION millrace_control.note_error();

CREATE TRIGGER runs_of_backfill_end AFTER UPDATE OF status ON millrace_control.runs FOR EACH ROW WHEN (new.backfill IS NOT NULL AND (old.status = ANY (ARRAY['queued'::text, 'running'::text])) AND (new.status <> ALL (ARRAY['queued'::text, 'running'::text]))) EXECUTE FUNCTION millrace_control.follow_backfill();

CREATE TRIGGER runs_overview AFTER UPDATE OF status ON millrace_control.runs FOR EACH ROW WHEN (new.kind = 'pipeline'::text AND new.finished_at IS NOT NULL AND (old.finished_at IS NULL OR old.status <> new.status)) EXECUTE FUNCTION millrace_control.run_has_ended();

CREATE TRIGGER runs_overview_added AFTER INSERT ON millrace_control.runs REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION millrace_control.ended_runs_were_added();

CREATE TRIGGER runs_overview_deleted AFTER DELETE ON millrace_control.runs REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION millrace_control.runs_were_deleted();

CREATE TABLE millrace_control.schema_migrations (
  version integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE millrace_control.secret_keys (
  id uuid NOT NULL,
  format text NOT NULL,
  iterations integer NOT NULL,
  salt bytea NOT NULL,
  nonce bytea NOT NULL,
  ciphertext bytea NOT NULL,
  tag bytea NOT NULL,
  current boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  CONSTRAINT secret_keys_pkey PRIMARY KEY (id),
  CONSTRAINT secret_keys_sealed CHECK (((octet_length(nonce) = 12) AND (octet_length(tag) = 16)))
);

CREATE UNIQUE INDEX secret_keys_one_current ON millrace_control.secret_keys USING btree (current) WHERE current;

CREATE TABLE millrace_control.secrets (
  name text NOT NULL,
  version integer NOT NULL,
  format text NOT NULL,
  key_id uuid NOT NULL,
  nonce bytea NOT NULL,
  ciphertext bytea NOT NULL,
  tag bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  updated_by text NOT NULL,
  CONSTRAINT secrets_key_id_fkey FOREIGN KEY (key_id) REFERENCES millrace_control.secret_keys(id),
  CONSTRAINT secrets_pkey PRIMARY KEY (name),
  CONSTRAINT secrets_sealed CHECK (((octet_length(nonce) = 12) AND (octet_length(tag) = 16))),
  CONSTRAINT secrets_version CHECK ((version > 0))
);

CREATE INDEX secrets_by_key ON millrace_control.secrets USING btree (key_id);

CREATE TABLE millrace_control.sessions (
  id uuid NOT NULL,
  token_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  via text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  address text,
  user_agent text,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES millrace_control.users(id) ON DELETE CASCADE,
  CONSTRAINT sessions_via_check CHECK ((via = ANY (ARRAY['password'::text, 'link'::text, 'oidc'::text])))
);

CREATE INDEX sessions_by_expiry ON millrace_control.sessions USING btree (expires_at);

CREATE INDEX sessions_of_user ON millrace_control.sessions USING btree (user_id, created_at);

CREATE TABLE millrace_control.sign_in_failures (
  subject bytea NOT NULL,
  failures integer NOT NULL,
  until timestamp with time zone NOT NULL,
  CONSTRAINT sign_in_failures_pkey PRIMARY KEY (subject),
  CONSTRAINT sign_in_failures_subject_check CHECK ((octet_length(subject) = 32))
);

CREATE INDEX sign_in_failures_by_time ON millrace_control.sign_in_failures USING btree (until);

CREATE TABLE millrace_control.sign_in_links (
  token_hash bytea NOT NULL,
  user_id uuid,
  created_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT sign_in_links_pkey PRIMARY KEY (token_hash),
  CONSTRAINT sign_in_links_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT sign_in_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES millrace_control.users(id) ON DELETE CASCADE
);

CREATE INDEX sign_in_links_by_expiry ON millrace_control.sign_in_links USING btree (expires_at);

CREATE TABLE millrace_control.source_status (
  pipeline text NOT NULL,
  kind text NOT NULL,
  run uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  status jsonb NOT NULL,
  CONSTRAINT source_status_pkey PRIMARY KEY (pipeline, kind)
) WITH (fillfactor=20, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500);

CREATE TABLE millrace_control.storage_places (
  place text NOT NULL,
  contents bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  quota_bytes bigint,
  due_objects bigint NOT NULL,
  due_bytes bigint NOT NULL,
  held_objects bigint NOT NULL,
  alarmed boolean NOT NULL DEFAULT false,
  looked_at timestamp with time zone NOT NULL,
  CONSTRAINT storage_places_pkey PRIMARY KEY (place)
) WITH (fillfactor=50);

CREATE TABLE millrace_control.storage_samples (
  day date NOT NULL,
  place text NOT NULL,
  name text NOT NULL,
  bytes bigint NOT NULL,
  row_estimate bigint NOT NULL,
  CONSTRAINT storage_samples_pkey PRIMARY KEY (day, place, name)
);

CREATE TABLE millrace_control.stored_objects (
  place text NOT NULL,
  id text NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,
  sha256 bytea NOT NULL,
  bytes bigint NOT NULL,
  source text,
  run text,
  pipeline text,
  document text,
  at timestamp with time zone NOT NULL,
  CONSTRAINT stored_objects_pkey PRIMARY KEY (place, id)
);

CREATE INDEX stored_objects_by_document ON millrace_control.stored_objects USING btree (document) WHERE (document IS NOT NULL);

CREATE INDEX stored_objects_by_run ON millrace_control.stored_objects USING btree (run) WHERE (run IS NOT NULL);

CREATE TABLE millrace_control.tasks (
  name text NOT NULL,
  description text,
  file text NOT NULL,
  code_version text,
  limits jsonb NOT NULL,
  backoff jsonb NOT NULL,
  input jsonb,
  registered_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  retired_at timestamp with time zone,
  CONSTRAINT tasks_pkey PRIMARY KEY (name)
);

CREATE TABLE millrace_control.users (
  id uuid NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  password_hash text,
  password_changed_at timestamp with time zone,
  oidc_issuer text,
  oidc_subject text,
  disabled_at timestamp with time zone,
  last_sign_in_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT users_name_check CHECK ((name <> ''::text)),
  CONSTRAINT users_oidc CHECK (((oidc_issuer IS NULL) = (oidc_subject IS NULL))),
  CONSTRAINT users_one_per_subject UNIQUE (oidc_issuer, oidc_subject),
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
);

CREATE INDEX users_administrators ON millrace_control.users USING btree (id) WHERE ((role = 'admin'::text) AND (disabled_at IS NULL));

CREATE UNIQUE INDEX users_by_name ON millrace_control.users USING btree (lower(name));

CREATE TABLE millrace_control.volume_bands (
  pipeline text NOT NULL,
  table_name text NOT NULL,
  weekday smallint NOT NULL,
  runs integer NOT NULL,
  inserted double precision[] NOT NULL,
  updated double precision[] NOT NULL,
  removed double precision[] NOT NULL,
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT volume_bands_pkey PRIMARY KEY (pipeline, table_name, weekday)
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

CREATE OR REPLACE FUNCTION millrace_control.announce_added_runs()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject, due_at)
    SELECT 'run', id, available_at FROM added WHERE status = 'queued' ORDER BY priority DESC, available_at, id;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.announce_command()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject) VALUES ('command', NEW.id);
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.announce_earlier_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject, due_at) VALUES ('run', NEW.id, NEW.available_at);
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.announce_ended_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject) VALUES ('freed', NEW.id);
    IF NEW.status = 'queued' THEN
      INSERT INTO millrace_control.announcements (kind, subject, due_at) VALUES ('run', NEW.id, NEW.available_at);
    END IF;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.announce_resumed_pipeline()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF millrace_control.broker_is_used() THEN
    INSERT INTO millrace_control.announcements (kind, subject, due_at)
    SELECT 'run', id, available_at FROM millrace_control.runs
    WHERE status = 'queued' AND pipeline = NEW.name ORDER BY priority DESC, available_at, id;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.broker_is_used()
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  SELECT EXISTS (SELECT FROM millrace_control.brokers WHERE expires_at > clock_timestamp())
$function$;

CREATE OR REPLACE FUNCTION millrace_control.changed_rows(counts jsonb)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
  SELECT coalesce(sum(coalesce((counted.value ->> 'inserted')::bigint, 0) + coalesce((counted.value ->> 'updated')::bigint, 0)
    + coalesce((counted.value ->> 'removed')::bigint, 0)), 0)::bigint
  FROM jsonb_each(counts) AS counted
$function$;

CREATE OR REPLACE FUNCTION millrace_control.claim_run(claimer uuid, wanted uuid, so_far integer)
 RETURNS SETOF millrace_control.runs
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.claim_runs(claimer uuid, wanted integer)
 RETURNS SETOF millrace_control.runs
 LANGUAGE plpgsql
 SET enable_sort TO 'off'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.ended_runs_were_added()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  ended uuid[] := ARRAY(SELECT id FROM added WHERE finished_at IS NOT NULL AND kind = 'pipeline');
BEGIN
  IF cardinality(ended) > 0 THEN PERFORM millrace_control.record_ends(ended); END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.error_summary(message text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.follow_backfill()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.status = 'succeeded' THEN
    UPDATE millrace_control.backfill_partitions SET succeeded_at = clock_timestamp() WHERE run = NEW.id;
  END IF;
  PERFORM millrace_control.release_backfill(NEW.backfill);
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.full_pools()
 RETURNS text[]
 LANGUAGE sql
AS $function$
  SELECT coalesce(array_agg(name), '{}') FROM (
    SELECT held.name FROM millrace_control.runs AS busy CROSS JOIN LATERAL unnest(busy.pools) AS held (name)
      LEFT JOIN millrace_control.pools AS known ON known.name = held.name
    WHERE busy.status = 'running' AND (known.slots IS NOT NULL OR held.name !~ '^(group|queue|pipeline):')
    GROUP BY held.name, known.slots HAVING count(*) >= coalesce(known.slots, 1)
    UNION ALL SELECT known.name FROM millrace_control.pools AS known WHERE known.slots = 0
  ) AS taken
$function$;

CREATE OR REPLACE FUNCTION millrace_control.group_errors(wanted integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.hold_run(mine millrace_control.workers, waiting millrace_control.runs)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.lease_is_alive(lease millrace_control.leases)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  SELECT CASE
    WHEN lease.worker IS NOT NULL THEN EXISTS (
      SELECT FROM millrace_control.workers AS holder
      WHERE holder.id = lease.worker AND millrace_control.worker_is_alive(holder))
    ELSE lease.expires_at > clock_timestamp() AND (NOT lease.locked OR millrace_control.lock_is_held(lease.lock_key))
  END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.lock_is_held(key bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  SELECT EXISTS (
    SELECT FROM pg_locks AS lock
    WHERE lock.locktype = 'advisory' AND lock.objsubid = 1 AND lock.granted
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND lock.classid = ((key >> 32) & 4294967295)::oid
      AND lock.objid = (key & 4294967295)::oid)
$function$;

CREATE OR REPLACE FUNCTION millrace_control.note_error()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.pool_has_room(pool text)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  SELECT pool <> ALL (millrace_control.full_pools())
$function$;

CREATE OR REPLACE FUNCTION millrace_control.pool_slots(pool text)
 RETURNS integer
 LANGUAGE sql
AS $function$
  SELECT coalesce(
    (SELECT known.slots FROM millrace_control.pools AS known WHERE known.name = pool),
    CASE WHEN pool ~ '^(group|queue|pipeline):' THEN NULL ELSE 1 END)
$function$;

CREATE OR REPLACE FUNCTION millrace_control.record_ends(ended uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.refresh_outcomes(wanted text[])
 RETURNS void
 LANGUAGE sql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.release_backfill(wanted uuid)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION millrace_control.run_has_ended()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM millrace_control.record_ends(ARRAY[NEW.id]);
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.runs_were_deleted()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  DELETE FROM millrace_control.run_volumes AS volume USING gone WHERE volume.run = gone.id;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION millrace_control.worker_is_alive(worker millrace_control.workers)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  SELECT worker.expires_at > clock_timestamp() AND millrace_control.lock_is_held(worker.lock_key)
$function$;
