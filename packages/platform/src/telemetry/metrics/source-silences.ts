import type pg from "pg";

/** How long a live source has not told how it does. */
export interface SourceSilence {
  readonly pipeline: string;
  /** collector, sampling, … */
  readonly kind: string;
  readonly seconds: number;
}

/** Of each source whose run goes on. */
export async function sourceSilences(pool: pg.Pool): Promise<SourceSilence[]> {
  const { rows } = await pool.query<SourceSilence>(SILENCES);
  return rows;
}

const SILENCES = `
  SELECT told.pipeline, kind, greatest(0, extract(epoch FROM clock_timestamp() - at))::float8 AS seconds
  FROM millrace_control.source_status AS told
  WHERE EXISTS (SELECT FROM millrace_control.runs AS run WHERE run.id = told.run AND run.status = 'running')
  ORDER BY at LIMIT 500`;
