-- How running sources do, and what they are asked to do while they run.

-- The latest status of each pipeline's source, written in place once a second.
CREATE TABLE millrace_control.source_status (
  pipeline text NOT NULL,
  -- Such as collector or sampling.
  kind text NOT NULL,
  run uuid NOT NULL,
  at timestamptz NOT NULL,
  status jsonb NOT NULL,
  PRIMARY KEY (pipeline, kind)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

ALTER TABLE millrace_control.commands
  DROP CONSTRAINT commands_kind,
  ADD CONSTRAINT commands_kind CHECK (kind IN (
    'start', 'stop', 'pause', 'resume', 'restart', 'enable', 'disable', 'cancel', 'reset', 'discard', 'control')),
  -- Of control: what the source is asked to do, and what it answered.
  ADD COLUMN name text,
  ADD COLUMN args jsonb,
  ADD COLUMN answer jsonb,
  ADD CONSTRAINT commands_of_sources CHECK ((kind = 'control') = (name IS NOT NULL));
