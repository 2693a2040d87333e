-- Objects of the project's storage, as its records tell them: which source, run and document each belongs to.
CREATE TABLE millrace_control.stored_objects (
  -- Where the storage is.
  place text NOT NULL,
  -- As the storage names it; begins with its time, so that the order of ids is that of their times.
  id text COLLATE "C" NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,
  sha256 bytea NOT NULL,
  bytes bigint NOT NULL,
  -- Address or path that it came from.
  source text,
  run text,
  pipeline text,
  document text,
  at timestamptz NOT NULL,
  PRIMARY KEY (place, id)
);

CREATE INDEX stored_objects_by_run ON millrace_control.stored_objects (run) WHERE run IS NOT NULL;
CREATE INDEX stored_objects_by_document ON millrace_control.stored_objects (document) WHERE document IS NOT NULL;

-- What was found at the last look at a storage.
CREATE TABLE millrace_control.storage_places (
  place text PRIMARY KEY,
  contents bigint NOT NULL,
  -- What the contents take, compressed ones as they are.
  stored_bytes bigint NOT NULL,
  -- NULL: any number.
  quota_bytes bigint,
  -- Objects that the retention would remove now, and those that it would if they were not held.
  due_objects bigint NOT NULL,
  due_bytes bigint NOT NULL,
  held_objects bigint NOT NULL,
  -- People were told that the quota is nearly used up.
  alarmed boolean NOT NULL DEFAULT false,
  looked_at timestamptz NOT NULL
) WITH (fillfactor = 50);
