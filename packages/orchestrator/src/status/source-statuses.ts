import type { Json } from "@millrace/core";
import type pg from "pg";

/** What the source of a pipeline said last. */
export interface SourceStatusRecord {
  readonly pipeline: string;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Its run goes on; otherwise it is the last that it said. */
  readonly running: boolean;
  readonly status: Json;
}

/**
 * How the sources of a kind do, by pipeline.
 * @param kind as `ReadContext.status` names it, such as `collector`
 */
export async function sourceStatuses(pool: pg.Pool, kind: string): Promise<readonly SourceStatusRecord[]> {
  const { rows } = await pool.query<Omit<SourceStatusRecord, "at"> & { readonly at: Date }>(
    `SELECT source.pipeline, source.run, source.at, coalesce(run.status = 'running', false) AS running, source.status
     FROM millrace_control.source_status AS source LEFT JOIN millrace_control.runs AS run ON run.id = source.run
     WHERE source.kind = $1 ORDER BY source.pipeline`,
    [kind],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
