import type pg from "pg";
import type { RunRecord } from "./run-record.ts";
import { storableJson } from "./storable-json.ts";

/**
 * Writes a run's record as it is now. A record that says more is never overwritten: not one of a later attempt, not one
 * of a run that is over by one that says it runs. What was taken for dead and then reports its end is believed.
 */
export async function putRun(database: pg.Pool | pg.ClientBase, record: RunRecord): Promise<void> {
  await database.query(PUT, [
    record.id,
    record.pipeline,
    record.partition,
    record.status,
    record.attempt,
    record.trigger,
    record.lease,
    record.host,
    record.pid,
    record.startedAt,
    record.finishedAt,
    record.durationMs === null ? null : Math.round(record.durationMs),
    record.resumed,
    storableJson(record.counts),
    storableJson(record.checkpoint),
    storableJson(record.withheld),
    record.error === null || record.error === undefined ? null : storableJson(record.error),
    storableJson(record.options),
    storableJson(record.log),
  ]);
}

const PUT = `
  INSERT INTO millrace_control.runs AS known
    (id, pipeline, partition, status, attempt, trigger, lease, host, pid, started_at, finished_at, duration_ms, resumed,
     counts, checkpoint, withheld, error, options, log, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, clock_timestamp())
  ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, attempt = excluded.attempt, trigger = excluded.trigger, lease = excluded.lease,
    host = excluded.host, pid = excluded.pid, started_at = least(known.started_at, excluded.started_at),
    finished_at = excluded.finished_at, duration_ms = excluded.duration_ms, resumed = excluded.resumed,
    counts = excluded.counts, checkpoint = excluded.checkpoint, withheld = excluded.withheld, error = excluded.error,
    options = excluded.options, log = excluded.log, updated_at = excluded.updated_at
  WHERE coalesce(excluded.attempt, 0) >= coalesce(known.attempt, 0)
    AND (known.status IN ('queued', 'running')
      OR coalesce(excluded.attempt, 0) > coalesce(known.attempt, 0)
      OR (known.status = 'died' AND excluded.status <> 'running'))`;
