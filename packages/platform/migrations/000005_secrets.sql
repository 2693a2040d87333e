-- Secrets, encrypted with AES-256-GCM by data keys, which the master password opens; see docs/guides/secrets.md for the format.

CREATE TABLE millrace_control.secret_keys (
  id uuid PRIMARY KEY,
  format text NOT NULL,
  -- Of PBKDF2-HMAC-SHA-256, which makes the key that wraps this one from the master password.
  iterations integer NOT NULL,
  salt bytea NOT NULL,
  nonce bytea NOT NULL,
  ciphertext bytea NOT NULL,
  tag bytea NOT NULL,
  -- What is written is encrypted by this key; the others are read until nothing needs them.
  current boolean NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  CONSTRAINT secret_keys_sealed CHECK (octet_length(nonce) = 12 AND octet_length(tag) = 16)
);

CREATE UNIQUE INDEX secret_keys_one_current ON millrace_control.secret_keys (current) WHERE current;

CREATE TABLE millrace_control.secrets (
  name text PRIMARY KEY,
  -- Rises with each new value.
  version integer NOT NULL,
  format text NOT NULL,
  key_id uuid NOT NULL REFERENCES millrace_control.secret_keys (id),
  nonce bytea NOT NULL,
  ciphertext bytea NOT NULL,
  tag bytea NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  CONSTRAINT secrets_version CHECK (version > 0),
  CONSTRAINT secrets_sealed CHECK (octet_length(nonce) = 12 AND octet_length(tag) = 16)
);

CREATE INDEX secrets_by_key ON millrace_control.secrets (key_id);
