-- What the data API shows of the collected tables, and to whom. Nothing is shown that is not named here.

CREATE TABLE millrace_control.data_tables (
  -- As it is called in /data/{table}.
  name text PRIMARY KEY CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_-]{0,62}$'),
  -- Where it is in the database that pipelines write.
  table_schema text NOT NULL CHECK (table_schema <> ''),
  table_name text NOT NULL CHECK (table_name <> ''),
  -- The columns that anybody may see at all; null: all but those that Millrace adds.
  columns text[] CHECK (columns <> '{}'),
  -- [{ name, table, columns: [[own, theirs]], many }]: what can be embedded.
  relations jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(relations) = 'array'),
  description text,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Which role reads which of them. The role "public" needs no key.
CREATE TABLE millrace_control.data_policies (
  role text NOT NULL CHECK (role ~ '^[A-Za-z_][A-Za-z0-9_-]{0,39}$'),
  data_table text NOT NULL REFERENCES millrace_control.data_tables (name) ON UPDATE CASCADE ON DELETE CASCADE,
  -- Null: all that the table shows.
  columns text[] CHECK (columns <> '{}'),
  -- A filter as requests have it; null: all rows.
  row_filter jsonb,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (role, data_table)
);
CREATE INDEX data_policies_by_table ON millrace_control.data_policies (data_table);

CREATE TABLE millrace_control.data_keys (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
  -- How it begins, so that people know it again.
  hint text NOT NULL,
  role text NOT NULL CHECK (role ~ '^[A-Za-z_][A-Za-z0-9_-]{0,39}$' AND role <> 'public'),
  -- Requests in a minute; null: as the setting says.
  rate integer CHECK (rate > 0),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  -- Null: never.
  expires_at timestamptz,
  -- Written at most once a minute.
  last_used_at timestamptz,
  last_used_address text,
  revoked_at timestamptz
);

-- Who read what, by the hour: a line for each request would cost more than the request.
CREATE TABLE millrace_control.data_usage (
  hour timestamptz NOT NULL,
  -- '' where nobody showed a key.
  key_id text NOT NULL,
  role text NOT NULL,
  data_table text NOT NULL,
  requests bigint NOT NULL,
  -- Answered with 400 to 499, and with 500 or more.
  refused bigint NOT NULL,
  failed bigint NOT NULL,
  -- Answered from memory.
  cached bigint NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (hour, key_id, role, data_table)
);

-- What cursors are signed with: the same for all servers of an installation.
CREATE TABLE millrace_control.data_secrets (
  name text PRIMARY KEY,
  value bytea NOT NULL CHECK (octet_length(value) >= 32)
);
