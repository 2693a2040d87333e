import { MillraceError } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import { containsPattern } from "../shared/contains-pattern.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { cursorInstantSql, timeCursor, timeCursorSql, UUID_PATTERN } from "../shared/time-cursor.ts";
import { Where } from "../shared/where.ts";
import type {
  DocumentCounts,
  DocumentDetail,
  DocumentItem,
  DocumentLabel,
  DocumentsPage,
  DocumentsQuery,
  LabelsPage,
  LabelsQuery,
} from "./schemas.ts";

/** A page of documents, those that came last first. */
export async function listDocuments(
  pool: pg.Pool,
  { pipeline, state, type, name, limit, after }: z.output<typeof DocumentsQuery>,
): Promise<z.output<typeof DocumentsPage>> {
  const where = new Where();
  where.add("pipeline = ?", pipeline);
  where.add("state = ?", state);
  where.add("type = ?", type);
  where.add("name ILIKE ?", name === undefined ? undefined : containsPattern(name));
  const cursor = timeCursor(after, UUID_PATTERN);
  if (cursor !== undefined) {
    where.always(
      `(received_at, id) < (${cursorInstantSql(where.value(cursor.micros))}, ${where.value(cursor.id)}::uuid)`,
    );
  }
  const { rows } = await pool.query<z.output<typeof DocumentItem> & { cursor: string }>(
    `SELECT ${ITEM}, ${timeCursorSql("received_at", "id")} AS cursor FROM millrace_control.documents
     WHERE ${where.sql} ORDER BY received_at DESC, id DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  );
  return pageOfRows(rows, limit);
}

/** How many documents there are of each state. */
export async function countDocuments(pool: pg.Pool): Promise<z.output<typeof DocumentCounts>> {
  const { rows } = await pool.query<{ state: string; count: number }>(
    "SELECT state, count(*)::float8 AS count FROM millrace_control.documents GROUP BY state ORDER BY state",
  );
  return { states: Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
}

/** Fails with MLR_DOCUMENT_NOT_FOUND. */
export async function getDocument(pool: pg.Pool, id: string): Promise<z.output<typeof DocumentDetail>> {
  const { rows } = await pool.query<z.output<typeof DocumentDetail>>(
    `SELECT ${ITEM}, sha256, priority, file, fields, (
       SELECT coalesce(jsonb_agg(jsonb_build_object('page', page, 'width', width, 'height', height) ORDER BY page), '[]')
       FROM millrace_control.document_pages AS shown WHERE shown.document = documents.id) AS shown, (
       SELECT coalesce(jsonb_agg(jsonb_build_object('number', number, 'stage', stage, 'outcome', outcome, 'at', ${instantSql("at")},
         'durationMs', duration_ms, 'attempt', attempt, 'message', message) ORDER BY number), '[]')
       FROM (SELECT * FROM millrace_control.document_transitions AS each WHERE each.document = documents.id
         ORDER BY each.number DESC LIMIT 1000) AS latest) AS transitions, (
       SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'values', "values", 'lines', lines, 'stage', stage,
         'by', decided_by, 'at', ${instantSql("decided_at")}, 'answeredAt', ${instantSql("answered_at")}, 'refused', refused)
         ORDER BY decided_at, id), '[]')
       FROM (SELECT * FROM millrace_control.document_decisions AS decision WHERE decision.document = documents.id
         ORDER BY decision.decided_at DESC LIMIT 200) AS decided) AS decisions
     FROM millrace_control.documents WHERE id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw notFound(`There is no document ${id}`);
  return row;
}

/** The picture of a page. Fails with MLR_DOCUMENT_NOT_FOUND. */
export async function getDocumentPage(
  pool: pg.Pool,
  id: string,
  page: number,
): Promise<{ readonly contentType: string; readonly image: Buffer }> {
  const { rows } = await pool.query<{ contentType: string; image: Buffer }>(
    `SELECT content_type AS "contentType", image FROM millrace_control.document_pages WHERE document = $1 AND page = $2`,
    [id, page],
  );
  const [row] = rows;
  if (row === undefined) throw notFound(`There is no picture of page ${page} of document ${id}`);
  return row;
}

/** What people corrected, the latest first. */
export async function listLabels(
  pool: pg.Pool,
  { pipeline, type, limit, after }: z.output<typeof LabelsQuery>,
): Promise<z.output<typeof LabelsPage>> {
  const where = new Where();
  where.always("decision.kind = 'accept' AND decision.refused IS NULL");
  where.add("document.pipeline = ?", pipeline);
  where.add("document.type = ?", type);
  const cursor = timeCursor(after, UUID_PATTERN);
  if (cursor !== undefined) {
    const at = cursorInstantSql(where.value(cursor.micros));
    where.always(`(decision.decided_at, decision.id) < (${at}, ${where.value(cursor.id)}::uuid)`);
  }
  const { rows } = await pool.query<z.output<typeof DocumentLabel> & { cursor: string }>(
    `SELECT document.id AS document, document.pipeline, document.name, document.type, document.sha256, document.file,
       decision.before, decision."values", decision.lines, decision.decided_by AS by, ${instantSql("decision.decided_at")} AS at,
       ${timeCursorSql("decision.decided_at", "decision.id")} AS cursor
     FROM millrace_control.document_decisions AS decision JOIN millrace_control.documents AS document ON document.id = decision.document
     WHERE ${where.sql} ORDER BY decision.decided_at DESC, decision.id DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  );
  return pageOfRows(rows, limit);
}

/** Whether a run of the pipeline waits or goes on, which will follow what was decided. */
export async function isBusy(pool: pg.Pool, pipeline: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "SELECT FROM millrace_control.runs WHERE pipeline = $1 AND status IN ('queued', 'running') LIMIT 1",
    [pipeline],
  );
  return rowCount === 1;
}

function notFound(message: string): MillraceError {
  return new MillraceError("MLR_DOCUMENT_NOT_FOUND", message, {
    hint: "GET /api/v1/documents lists documents; pictures are kept while they wait for review.",
  });
}

const ITEM = `id, pipeline, name, type, stage, state, attempts, bytes::float8 AS bytes, pages, confidence,
  ${instantSql("received_at")} AS "receivedAt", ${instantSql("changed_at")} AS "changedAt",
  CASE WHEN error_code IS NOT NULL THEN jsonb_build_object('code', error_code, 'message', error_message) END AS error`;
