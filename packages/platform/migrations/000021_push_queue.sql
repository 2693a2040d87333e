-- Rows that were pushed while their destination was away, where the service takes them all the same: they land later, in the
-- order in which they came.
CREATE TABLE millrace_control.push_queue (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL CHECK (stream <> ''),
  -- By which the part lands once: the sender's id of the batch, or one that the service gave.
  batch text NOT NULL CHECK (batch <> ''),
  -- Rows of the batch before this part, and with it.
  row_from bigint NOT NULL CHECK (row_from >= 0),
  row_end bigint NOT NULL,
  last boolean NOT NULL,
  -- Tells the content of a batch from others; '' where nobody knows it whole.
  digest text NOT NULL,
  -- The part as the service keeps it, compressed.
  part bytea NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The destination refused it for good: kept for somebody to look at.
  failed_at timestamptz,
  failure jsonb,
  CHECK (row_end >= row_from)
);
CREATE INDEX push_queue_waiting ON millrace_control.push_queue (stream, place) WHERE failed_at IS NULL;
-- The kind of a part is in its digest: a mark has no rows.
CREATE UNIQUE INDEX push_queue_once ON millrace_control.push_queue (stream, batch, row_from, row_end) WHERE failed_at IS NULL;

-- What people keep to ask it again: queries of GraphQL that programs name by their hash, filters of tables, statements of the
-- console.
CREATE TABLE millrace_control.data_saved (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('graphql', 'filter', 'sql')),
  name text NOT NULL CHECK (name <> ''),
  -- Of a filter: the table that it is of.
  data_table text,
  body text NOT NULL CHECK (body <> ''),
  -- SHA-256 of the body in UTF-8.
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  UNIQUE (kind, name)
);
CREATE INDEX data_saved_by_hash ON millrace_control.data_saved (body_hash) WHERE kind = 'graphql';
