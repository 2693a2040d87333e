import type pg from "pg";
import { storableJson } from "../store/storable-json.ts";
import type { RunFacts } from "./run-facts.ts";

/** Writes what a run told. To be repeated where it is not known whether it was written: counts only grow. */
export async function putRunFacts(pool: pg.Pool, facts: RunFacts): Promise<void> {
  const { run, attempt, pipeline, at, calls, objects } = facts;
  if (calls.length > 0) await pool.query(CALLS, [run, attempt, pipeline, at, storableJson(calls)]);
  if (objects.length > 0) await pool.query(OBJECTS, [run, pipeline, at, storableJson(objects)]);
  if (objects.some(({ kind }) => kind === "view")) await pool.query(VIEWS, [run]);
}

const CALLS = `
  INSERT INTO millrace_control.function_calls AS known
    (run, attempt, pipeline, at, name, calls, errors, total_ms, p95_ms, max_ms)
  SELECT $1::uuid, $2::bigint, $3::text, $4::timestamptz, c->>'name', (c->>'calls')::bigint, (c->>'errors')::bigint,
    (c->>'totalMs')::float8, (c->>'p95Ms')::float8, (c->>'maxMs')::float8
  FROM jsonb_array_elements($5::jsonb) AS given (c)
  ON CONFLICT (run, attempt, name) DO UPDATE SET calls = excluded.calls, errors = excluded.errors,
    total_ms = excluded.total_ms, p95_ms = excluded.p95_ms, max_ms = excluded.max_ms, at = excluded.at
  WHERE excluded.calls > known.calls`;

const OBJECTS = `
  INSERT INTO millrace_control.run_objects (run, pipeline, at, database, namespace, name, kind, use)
  SELECT $1::uuid, $2::text, $3::timestamptz, o->>'database', coalesce(o->>'namespace', ''), o->>'name', o->>'kind', o->>'use'
  FROM jsonb_array_elements($4::jsonb) AS given (o)
  ON CONFLICT DO NOTHING`;

/** What was taken for a table has turned out to be a view. */
const VIEWS = `
  DELETE FROM millrace_control.run_objects AS taken USING millrace_control.run_objects AS view
  WHERE taken.run = $1 AND taken.kind = 'table' AND view.run = taken.run AND view.kind = 'view'
    AND view.database = taken.database AND view.namespace = taken.namespace AND view.name = taken.name`;
