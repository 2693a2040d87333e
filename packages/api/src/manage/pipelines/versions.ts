import type pg from "pg";
import { eventCursor } from "../shared/event-cursor.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { type PageRow, pageText } from "../shared/page-text.ts";
import { knownPipeline } from "./known-pipeline.ts";

/** A page of the versions of a pipeline's code as JSON text, newest first. */
export async function pipelineVersions(
  pool: pg.Pool,
  name: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<string> {
  await knownPipeline(pool, name);
  const { rows } = await pool.query<PageRow>(VERSIONS, [name, eventCursor(after) ?? null, limit + 1]);
  return pageText(rows, limit);
}

const VERSIONS = `
  SELECT version.id::text AS key, (SELECT row_to_json(item) FROM (SELECT
    version.code_version AS "codeVersion", ${instantSql("version.seen_at")} AS "seenAt", version.definition) AS item)::text AS item
  FROM millrace_control.pipeline_versions AS version
  WHERE version.pipeline = $1 AND ($2::bigint IS NULL OR version.id < $2) ORDER BY version.id DESC LIMIT $3`;
