-- Who may use the API and the dashboard: people, their sessions, tokens of programs, and what each of them did.

CREATE TABLE millrace_control.users (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  -- $scrypt$ln=…,r=…,p=…$salt$hash; null: nobody signs in with a password.
  password_hash text,
  password_changed_at timestamptz,
  -- Who vouches for the user, and the name it has for them; null: they are known here alone.
  oidc_issuer text,
  oidc_subject text,
  -- Cannot sign in, and is signed out everywhere.
  disabled_at timestamptz,
  last_sign_in_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT users_oidc CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL)),
  CONSTRAINT users_one_per_subject UNIQUE (oidc_issuer, oidc_subject)
);
-- Also the order of the list.
CREATE UNIQUE INDEX users_by_name ON millrace_control.users (lower(name));
CREATE INDEX users_administrators ON millrace_control.users (id) WHERE role = 'admin' AND disabled_at IS NULL;

CREATE TABLE millrace_control.sessions (
  id uuid PRIMARY KEY,
  -- SHA-256 of what the cookie holds.
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  user_id uuid NOT NULL REFERENCES millrace_control.users (id) ON DELETE CASCADE,
  -- How they signed in. After a link, a password may be set without the one before.
  via text NOT NULL CHECK (via IN ('password', 'link', 'oidc')),
  created_at timestamptz NOT NULL,
  -- Written at most once a minute.
  last_seen_at timestamptz NOT NULL,
  -- Ends then, however much it is used.
  expires_at timestamptz NOT NULL,
  address text,
  user_agent text
);
CREATE INDEX sessions_of_user ON millrace_control.sessions (user_id, created_at);
CREATE INDEX sessions_by_expiry ON millrace_control.sessions (expires_at);

-- What programs sign in with.
CREATE TABLE millrace_control.api_tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  -- How it begins, so that people know it again.
  hint text NOT NULL,
  -- Whose it is: it can never do more than they can, and goes with them.
  user_id uuid NOT NULL REFERENCES millrace_control.users (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  -- Only what belongs to these can be read; both null: everything.
  groups text[],
  pipelines text[],
  created_at timestamptz NOT NULL,
  -- Null: never.
  expires_at timestamptz,
  -- Written at most once a minute.
  last_used_at timestamptz,
  last_used_address text,
  revoked_at timestamptz,
  CONSTRAINT api_tokens_scoped_read CHECK ((groups IS NULL AND pipelines IS NULL) OR role = 'viewer')
);
CREATE INDEX api_tokens_of_user ON millrace_control.api_tokens (user_id);

-- Links that sign somebody in once.
CREATE TABLE millrace_control.sign_in_links (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  -- Null: makes the first administrator.
  user_id uuid REFERENCES millrace_control.users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX sign_in_links_by_expiry ON millrace_control.sign_in_links (expires_at);

-- Sign-ins that failed, by what is limited: an address, a name, or both. Hashed, since people type passwords as names.
CREATE TABLE millrace_control.sign_in_failures (
  subject bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
  failures integer NOT NULL,
  -- Then it begins anew.
  until timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_by_time ON millrace_control.sign_in_failures (until);

-- Who did what. A row is written before it is done, and completed with what came of it.
CREATE TABLE millrace_control.audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  -- user, token; anonymous where nobody was signed in, terminal for the command line.
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'token', 'anonymous', 'terminal')),
  actor_id uuid,
  actor_name text NOT NULL,
  role text,
  -- Such as pipeline.pause.
  action text NOT NULL,
  target text,
  -- started: the process ended before it could say more.
  outcome text NOT NULL CHECK (outcome IN ('started', 'done', 'refused', 'failed')),
  status integer,
  -- MLR_…, where it was refused or failed.
  code text,
  address text,
  request_id text,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_actor ON millrace_control.audit (lower(actor_name), id DESC);
CREATE INDEX audit_by_action ON millrace_control.audit (action text_pattern_ops, id DESC);
CREATE INDEX audit_by_target ON millrace_control.audit (target, id DESC) WHERE target IS NOT NULL;
CREATE INDEX audit_by_time ON millrace_control.audit (at);
