-- What runs did inside: calls of watched functions, and what they touched in databases.

CREATE TABLE millrace_control.function_calls (
  -- The run may be pruned before its calls are.
  run uuid NOT NULL,
  -- Fence number of the process that counted: each one begins anew. 0 where it did not come so far as to have one.
  attempt bigint NOT NULL,
  pipeline text NOT NULL,
  name text NOT NULL,
  calls bigint NOT NULL,
  -- Calls that threw or rejected.
  errors bigint NOT NULL,
  total_ms double precision NOT NULL,
  -- Not exceeded by 95 % of the calls, within 3.2 %.
  p95_ms double precision NOT NULL,
  max_ms double precision NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (run, attempt, name)
) WITH (fillfactor = 70);

CREATE INDEX function_calls_by_time ON millrace_control.function_calls (at);
CREATE INDEX function_calls_by_pipeline ON millrace_control.function_calls (pipeline, name, at DESC);

-- Tables, views and procedures that a run touched, and how.
CREATE TABLE millrace_control.run_objects (
  run uuid NOT NULL,
  pipeline text NOT NULL,
  -- Its name in the configuration, or its location.
  database text NOT NULL,
  -- Database schema as written; '': the connection's own.
  namespace text NOT NULL DEFAULT '',
  name text NOT NULL,
  -- table, view, procedure, function, sequence, schema, other; statement: SQL that could not be read
  kind text NOT NULL,
  -- read, write, delete, create, alter, drop, call, lock, unknown
  use text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (run, database, namespace, name, kind, use)
);

CREATE INDEX run_objects_by_name ON millrace_control.run_objects (lower(name), pipeline, at DESC);
CREATE INDEX run_objects_by_time ON millrace_control.run_objects (at);

-- Files that a run read to their end.
CREATE TABLE millrace_control.files (
  run uuid NOT NULL,
  pipeline text NOT NULL,
  -- Path as the source names it, or URL without what is secret in it.
  name text COLLATE "C" NOT NULL,
  bytes bigint NOT NULL,
  rows bigint NOT NULL,
  -- SHA-256; NULL where it was not hashed.
  hash bytea,
  at timestamptz NOT NULL,
  PRIMARY KEY (run, name)
);

CREATE INDEX files_by_time ON millrace_control.files (at);
CREATE INDEX files_by_name ON millrace_control.files (name, at DESC);
