-- What happens, for whoever wants to know, and the messages that people are sent about it.

CREATE TABLE millrace_control.events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The place in which it is delivered, given after its transaction has committed: an id is taken before, so that one
  -- which commits late would be passed over by a reader that remembers the highest it has seen.
  seq bigint,
  at timestamptz NOT NULL,
  type text NOT NULL,
  pipeline text,
  "group" text,
  run uuid,
  worker text,
  data jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 80);

CREATE SEQUENCE millrace_control.event_seq;
CREATE UNIQUE INDEX events_by_seq ON millrace_control.events (seq);
CREATE INDEX events_without_seq ON millrace_control.events (id) WHERE seq IS NULL;
CREATE INDEX events_by_time ON millrace_control.events (at);
CREATE INDEX events_by_pipeline ON millrace_control.events (pipeline, id DESC);

CREATE TABLE millrace_control.event_cursors (
  consumer text PRIMARY KEY,
  -- The last event that was handled.
  seq bigint NOT NULL,
  -- The process that may handle the next, until its time is up or its session is gone.
  holder uuid,
  beat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- A rule's last message: what follows within its throttle is gathered.
CREATE TABLE millrace_control.notification_rules (
  rule text PRIMARY KEY,
  last_sent_at timestamptz
) WITH (fillfactor = 50);

-- Problems that last, one per rule and subject until it is over.
CREATE TABLE millrace_control.notification_incidents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule text NOT NULL,
  -- What has the problem: `run quakes`, `worker alpha`, …
  subject text NOT NULL,
  pipeline text,
  opened_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  -- The last run that had it.
  last_run uuid,
  -- How often it was seen.
  count bigint NOT NULL DEFAULT 1,
  severity text NOT NULL,
  -- Kinds of failure that were told already, such as error codes.
  told jsonb NOT NULL DEFAULT '[]',
  -- When it was last told, the first time or as a reminder.
  told_at timestamptz NOT NULL,
  -- Steps of the rule's escalation that were taken.
  escalated integer NOT NULL DEFAULT 0,
  -- Channels that know of it, and are told when it is over.
  channels text[] NOT NULL DEFAULT '{}',
  -- The latest description, for reminders and escalations.
  item jsonb NOT NULL,
  closed_at timestamptz
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX notification_incidents_open ON millrace_control.notification_incidents (subject, rule) WHERE closed_at IS NULL;
CREATE INDEX notification_incidents_by_pipeline ON millrace_control.notification_incidents (pipeline) WHERE closed_at IS NULL;
CREATE INDEX notification_incidents_by_time ON millrace_control.notification_incidents (last_at);

-- What waits to be told together: throttled, for a digest, or for the end of quiet hours.
CREATE TABLE millrace_control.notification_items (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule text NOT NULL,
  channels text[] NOT NULL,
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  item jsonb NOT NULL
);

CREATE INDEX notification_items_by_rule ON millrace_control.notification_items (rule, due_at);

-- Messages, one per channel: to be sent, sent, or given up.
CREATE TABLE millrace_control.notifications (
  id uuid PRIMARY KEY,
  -- Order of sending within a channel.
  seq bigint GENERATED ALWAYS AS IDENTITY,
  rule text,
  channel text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  pipeline text,
  run uuid,
  title text NOT NULL,
  message jsonb NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- Not tried before this time.
  next_at timestamptz NOT NULL,
  -- Who sends it now; another may when the time is up, by the database's clock.
  holder uuid,
  lease_until timestamptz,
  last_error text,
  created_at timestamptz NOT NULL,
  sent_at timestamptz,
  CONSTRAINT notifications_status CHECK (status IN ('queued', 'sending', 'sent', 'failed'))
) WITH (fillfactor = 70);

CREATE INDEX notifications_waiting ON millrace_control.notifications (channel, seq) WHERE status IN ('queued', 'sending');
CREATE INDEX notifications_by_time ON millrace_control.notifications (created_at DESC);
