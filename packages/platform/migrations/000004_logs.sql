-- Log lines, a partition per day (UTC) of what the lines say of their time: pruning drops whole days.
-- Partitions are made when the first line of their day comes, and are named logs_20261122.

-- The order in which lines became readable, for those who follow a run.
CREATE SEQUENCE millrace_control.logs_position;

CREATE TABLE millrace_control.logs (
  -- Given where the line was taken in: a line that is delivered twice is stored once.
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  position bigint NOT NULL DEFAULT nextval('millrace_control.logs_position'),
  -- 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal
  level smallint NOT NULL,
  run uuid,
  attempt bigint,
  pipeline text,
  "group" text,
  worker text,
  -- The part of the program that spoke.
  logger text,
  -- stdout or stderr, for lines that a program wrote by itself
  stream text,
  message text NOT NULL,
  -- json rather than jsonb: a third less work for the server, where many thousand lines a second may come
  fields json,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);

CREATE INDEX logs_of_run ON millrace_control.logs (run, position) WHERE run IS NOT NULL;
