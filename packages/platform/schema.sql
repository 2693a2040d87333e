-- The control tables. Generated from migrations/ by `npm run generate`; do not edit.

CREATE TABLE millrace_control.attempts (
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT ''::text,
  last bigint NOT NULL,
  CONSTRAINT attempts_pkey PRIMARY KEY (pipeline, partition)
);

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
  CONSTRAINT leases_pkey PRIMARY KEY (pipeline, partition)
) WITH (fillfactor=50);

CREATE TABLE millrace_control.runs (
  id uuid NOT NULL,
  pipeline text NOT NULL,
  partition text NOT NULL DEFAULT ''::text,
  status text NOT NULL,
  attempt bigint,
  trigger text NOT NULL,
  lease uuid,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamp with time zone NOT NULL,
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
  CONSTRAINT runs_pkey PRIMARY KEY (id),
  CONSTRAINT runs_status CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'stopped'::text, 'died'::text])))
) WITH (fillfactor=70);

CREATE INDEX runs_by_pipeline ON millrace_control.runs USING btree (pipeline, id DESC);

CREATE UNIQUE INDEX runs_one_running ON millrace_control.runs USING btree (pipeline, partition) WHERE (status = 'running'::text);

CREATE TABLE millrace_control.schema_migrations (
  version integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
);
