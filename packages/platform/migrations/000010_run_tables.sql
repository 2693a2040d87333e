-- What each run did to each table, for queries: the counts of `runs`, a row per table.
CREATE VIEW millrace_control.run_tables AS
  SELECT run.id AS run, run.pipeline, run.partition, run.status, counted.key AS table_name,
    (counted.value ->> 'read')::bigint AS read, (counted.value ->> 'inserted')::bigint AS inserted,
    (counted.value ->> 'updated')::bigint AS updated, (counted.value ->> 'unchanged')::bigint AS unchanged,
    (counted.value ->> 'removed')::bigint AS removed, (counted.value ->> 'restored')::bigint AS restored,
    (counted.value ->> 'rejected')::bigint AS rejected, run.started_at, run.finished_at
  FROM millrace_control.runs AS run CROSS JOIN LATERAL jsonb_each(run.counts) AS counted;
