-- Documents: how each stands, everything that happened to it, what people are shown of it and what they decide.

-- What a source says of its documents, told again whenever one changes. The source's own file holds the truth.
CREATE TABLE millrace_control.documents (
  id uuid PRIMARY KEY,
  pipeline text NOT NULL,
  -- Of the file, as it came.
  name text NOT NULL,
  type text,
  -- The stage that is due, or at which it stopped.
  stage text NOT NULL,
  state text NOT NULL CONSTRAINT documents_state
    CHECK (state IN ('waiting', 'review', 'landing', 'done', 'failed', 'duplicate', 'rejected')),
  attempts integer NOT NULL,
  bytes bigint NOT NULL,
  sha256 text,
  priority double precision NOT NULL,
  pages integer,
  confidence double precision,
  -- Relative to the folder of the documents.
  file text NOT NULL,
  received_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  error_code text,
  error_message text,
  -- Values, lines, problems and places as they were extracted or corrected.
  fields jsonb,
  -- The last transition that this row follows from: one that is told again changes nothing.
  number bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX documents_by_time ON millrace_control.documents (received_at DESC, id DESC);
CREATE INDEX documents_by_state ON millrace_control.documents (state, received_at DESC, id DESC);
CREATE INDEX documents_by_pipeline ON millrace_control.documents (pipeline, received_at DESC, id DESC);

CREATE TABLE millrace_control.document_transitions (
  document uuid NOT NULL REFERENCES millrace_control.documents ON DELETE CASCADE,
  -- Counts up over all documents of a pipeline.
  number bigint NOT NULL,
  stage text NOT NULL,
  -- Such as done, retry, failed, review.
  outcome text NOT NULL,
  at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  attempt integer NOT NULL,
  message text,
  PRIMARY KEY (document, number)
);

-- Pages of documents that wait for a person.
CREATE TABLE millrace_control.document_pages (
  document uuid NOT NULL,
  page integer NOT NULL,
  -- Of the page, in the unit of the boxes.
  width double precision NOT NULL,
  height double precision NOT NULL,
  content_type text NOT NULL,
  image bytea NOT NULL,
  PRIMARY KEY (document, page)
);

-- What people decided: kept as labelled data.
CREATE TABLE millrace_control.document_decisions (
  id uuid PRIMARY KEY,
  document uuid NOT NULL REFERENCES millrace_control.documents ON DELETE CASCADE,
  pipeline text NOT NULL,
  kind text NOT NULL CONSTRAINT document_decisions_kind CHECK (kind IN ('accept', 'reject', 'reprocess')),
  -- What is to land in place of what was read; null: what was read.
  "values" jsonb,
  lines jsonb,
  stage text,
  -- What was read, as the person saw it.
  before jsonb,
  decided_by text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the source followed or refused it.
  answered_at timestamptz,
  refused text
);
CREATE INDEX document_decisions_open ON millrace_control.document_decisions (pipeline, decided_at) WHERE answered_at IS NULL;
CREATE INDEX document_decisions_by_document ON millrace_control.document_decisions (document, decided_at);
