import type pg from "pg";
import { storableJson } from "../store/storable-json.ts";
import type { RecordedResult } from "./recorded-result.ts";

/** Writes results; those that are there already stay as they are. */
export async function putResults(
  database: pg.Pool | pg.ClientBase,
  results: readonly RecordedResult[],
): Promise<void> {
  if (results.length > 0) await database.query(PUT, [storableJson(results)]);
}

const PUT = `
  INSERT INTO millrace_control.quality_results
    (at, run, attempt, pipeline, table_name, rule, kind, severity, status, landed, observed, expected, checked, failures, samples, reason)
  SELECT (r->>'at')::timestamptz, (r->>'run')::uuid, (r->>'attempt')::bigint, r->>'pipeline', r->>'table', r->>'rule', r->>'kind',
    r->>'severity', r->>'status', (r->>'landed')::boolean, r->'observed', r->>'expected', (r->>'checked')::bigint,
    (r->>'failures')::bigint, coalesce(r->'samples', '[]'), r->>'reason'
  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (r, place) ORDER BY place
  ON CONFLICT ON CONSTRAINT quality_results_once DO NOTHING`;
