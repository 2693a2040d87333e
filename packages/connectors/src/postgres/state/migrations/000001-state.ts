/** The tables that hold the truth about pipelines: fence, commit id, checkpoints, epochs, what was seen, who owns what. */
export const STATE_TABLES = `
CREATE TABLE millrace.pipelines (
  pipeline text PRIMARY KEY,
  attempt bigint NOT NULL,
  last_commit bigint NOT NULL DEFAULT 0,
  run_id uuid,
  finished boolean NOT NULL DEFAULT false,
  counts jsonb NOT NULL DEFAULT '{}',
  last_result jsonb,
  backend_pid integer,
  backend_start timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
COMMENT ON TABLE millrace.pipelines IS 'One row per pipeline. attempt is the fence: who holds a lower one may not commit.';
COMMENT ON COLUMN millrace.pipelines.backend_pid IS 'Server process of the attempt that holds the fence; a successor ends it.';
COMMENT ON COLUMN millrace.pipelines.last_result IS 'What the last commit did, so that committing it again can say the same.';

CREATE TABLE millrace.checkpoints (
  pipeline text NOT NULL,
  slice text NOT NULL,
  state json NOT NULL,
  PRIMARY KEY (pipeline, slice)
) WITH (fillfactor = 50);

CREATE TABLE millrace.epochs (
  pipeline text NOT NULL,
  id text NOT NULL,
  stream text NOT NULL,
  table_name text NOT NULL,
  scope json,
  taints jsonb NOT NULL DEFAULT '[]',
  rows_seen bigint NOT NULL DEFAULT 0,
  rows_inserted bigint NOT NULL DEFAULT 0,
  side_table text,
  position bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (pipeline, id)
) WITH (fillfactor = 50);
COMMENT ON COLUMN millrace.epochs.rows_inserted IS 'Rows that this reading brought: they do not count as live ones when it removes.';
COMMENT ON COLUMN millrace.epochs.side_table IS 'replace and snapshot: the table in schema millrace that collects the rows until the epoch completes.';

CREATE TABLE millrace.seen (
  pipeline text NOT NULL,
  epoch text NOT NULL,
  commit_id bigint NOT NULL,
  part integer NOT NULL,
  fingerprints bytea NOT NULL,
  PRIMARY KEY (pipeline, epoch, commit_id, part)
);
ALTER TABLE millrace.seen ALTER COLUMN fingerprints SET STORAGE EXTERNAL;
COMMENT ON TABLE millrace.seen IS 'Row-hash prefixes of 8 bytes each that an epoch has seen so far; gone when it completes.';

CREATE TABLE millrace.tables (
  table_schema text NOT NULL,
  table_name text NOT NULL,
  pipeline text NOT NULL,
  mode text NOT NULL,
  definition jsonb NOT NULL,
  hash_version integer NOT NULL,
  discriminator_column text,
  discriminator_value text,
  has_removals boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (table_schema, table_name, pipeline)
);
CREATE UNIQUE INDEX tables_owner ON millrace.tables (table_schema, table_name, coalesce(discriminator_value, ''));
COMMENT ON TABLE millrace.tables IS 'Which pipeline writes which table, as it was last defined.';
COMMENT ON COLUMN millrace.tables.has_removals IS 'The history holds removals, so that an inserted key may be a restored one.';
`;
