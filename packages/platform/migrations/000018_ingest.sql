-- What the ingestion service reads: pipelines that rows are pushed into, and which tokens may push.

-- The pipeline as plain data, as `describePushed` makes it; null: rows are not pushed into it.
ALTER TABLE millrace_control.pipelines ADD COLUMN pushed jsonb;

-- A token of streams pushes into them ('*': into all there are), and does nothing else.
ALTER TABLE millrace_control.api_tokens
  ADD COLUMN streams text[],
  ADD CONSTRAINT api_tokens_streams CHECK (
    streams IS NULL OR (role = 'viewer' AND groups IS NULL AND pipelines IS NULL AND streams <> '{}'));
