import type pg from "pg";
import { storableJson } from "../store/storable-json.ts";
import type { RunFacts } from "./run-facts.ts";

/** Writes what a run told. To be repeated where it is not known whether it was written: counts only grow. */
export async function putRunFacts(pool: pg.Pool, facts: RunFacts): Promise<void> {
  const { run, attempt, pipeline, at, calls, objects, files = [] } = facts;
  if (calls.length > 0) await pool.query(CALLS, [run, attempt, pipeline, at, storableJson(calls)]);
  if (objects.length > 0) await pool.query(OBJECTS, [run, pipeline, at, storableJson(objects)]);
  if (files.length > 0) await pool.query(FILES, [run, pipeline, at, storableJson(files)]);
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

/** A file that is read again, by another attempt, counts once. */
const FILES = `
  INSERT INTO millrace_control.files AS known (run, pipeline, at, name, bytes, rows, hash)
  SELECT DISTINCT ON (f->>'name') $1::uuid, $2::text, $3::timestamptz, f->>'name', (f->>'bytes')::bigint, (f->>'rows')::bigint,
    decode(f->>'hash', 'hex')
  FROM jsonb_array_elements($4::jsonb) WITH ORDINALITY AS given (f, place) ORDER BY f->>'name', place DESC
  ON CONFLICT (run, name) DO UPDATE SET at = excluded.at, bytes = excluded.bytes, rows = excluded.rows, hash = excluded.hash`;

/** What was taken for a table has turned out to be a view. */
const VIEWS = `
  DELETE FROM millrace_control.run_objects AS taken USING millrace_control.run_objects AS view
  WHERE taken.run = $1 AND taken.kind = 'table' AND view.run = taken.run AND view.kind = 'view'
    AND view.database = taken.database AND view.namespace = taken.namespace AND view.name = taken.name`;
