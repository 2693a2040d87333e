import type { DocumentDecision, DocumentLedger } from "@millrace/core";
import type pg from "pg";
import { storableJson } from "../store/storable-json.ts";

/** Keeps what a pipeline's source tells of its documents in the control database. Its functions fail as the database does. */
export function documentLedger(pool: pg.Pool, pipeline: string): DocumentLedger {
  return {
    async tell({ documents, transitions }) {
      const last = new Map(transitions.map(({ document, number }) => [document, number]));
      const told = documents.map(({ error, ...document }) => ({
        ...document,
        errorCode: error?.code ?? null,
        errorMessage: error?.message ?? null,
        number: last.get(document.id) ?? 0,
      }));
      await pool.query(TELL, [pipeline, storableJson(told), storableJson([...transitions])]);
    },
    async show(document, pages) {
      await pool.query(
        `INSERT INTO millrace_control.document_pages (document, page, width, height, content_type, image)
         SELECT $1, * FROM unnest($2::int[], $3::float8[], $4::float8[], $5::text[], $6::bytea[])
         ON CONFLICT (document, page) DO UPDATE SET width = excluded.width, height = excluded.height,
           content_type = excluded.content_type, image = excluded.image`,
        [
          document,
          pages.map(({ page }) => page),
          pages.map(({ width }) => width),
          pages.map(({ height }) => height),
          pages.map(({ contentType }) => contentType),
          pages.map(({ image }) => Buffer.from(image)),
        ],
      );
    },
    async decisions() {
      const { rows } = await pool.query<Required<DecisionRow>>(
        `SELECT id, document, kind, "values", lines, stage, decided_by AS by FROM millrace_control.document_decisions
         WHERE pipeline = $1 AND answered_at IS NULL ORDER BY decided_at, id LIMIT 500`,
        [pipeline],
      );
      return rows.map(({ values, lines, stage, ...decision }) => ({
        ...decision,
        ...(values === null ? {} : { values }),
        ...(lines === null ? {} : { lines }),
        ...(stage === null ? {} : { stage }),
      }));
    },
    async answer(outcomes) {
      await pool.query(
        `UPDATE millrace_control.document_decisions SET answered_at = clock_timestamp(), refused = answer.refused
         FROM unnest($1::uuid[], $2::text[]) AS answer (id, refused)
         WHERE document_decisions.id = answer.id AND answered_at IS NULL`,
        [outcomes.map(({ id }) => id), outcomes.map(({ refused }) => refused ?? null)],
      );
    },
  };
}

type DecisionRow = { [Name in keyof DocumentDecision]: DocumentDecision[Name] | null } & {
  readonly id: string;
  readonly document: string;
  readonly kind: DocumentDecision["kind"];
  readonly by: string;
};

const TELL = `
  WITH told AS (
    INSERT INTO millrace_control.documents AS known (
      id, pipeline, name, type, stage, state, attempts, bytes, sha256, priority, pages, confidence, file, received_at,
      changed_at, error_code, error_message, fields, number)
    SELECT id, $1, name, type, stage, state, attempts, bytes, sha256, priority, pages, confidence, file, "receivedAt",
      "changedAt", "errorCode", "errorMessage", fields, number
    FROM jsonb_to_recordset($2::jsonb) AS document (id uuid, name text, type text, stage text, state text, attempts int,
      bytes bigint, sha256 text, priority float8, pages int, confidence float8, file text, "receivedAt" timestamptz,
      "changedAt" timestamptz, "errorCode" text, "errorMessage" text, fields jsonb, number bigint)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET (type, stage, state, attempts, bytes, sha256, priority, pages, confidence, file,
        changed_at, error_code, error_message, fields, number) =
      (excluded.type, excluded.stage, excluded.state, excluded.attempts, excluded.bytes, excluded.sha256, excluded.priority,
        excluded.pages, excluded.confidence, excluded.file, excluded.changed_at, excluded.error_code,
        excluded.error_message, nullif(excluded.fields, 'null'), excluded.number)
    WHERE known.number < excluded.number
    RETURNING id, state
  ), happened AS (
    INSERT INTO millrace_control.document_transitions (document, number, stage, outcome, at, duration_ms, attempt, message)
    SELECT document, number, stage, outcome, at, "durationMs", attempt, message
    FROM jsonb_to_recordset($3::jsonb) AS transition (document uuid, number bigint, stage text, outcome text, at timestamptz,
      "durationMs" float8, attempt int, message text)
    ON CONFLICT DO NOTHING
  )
  DELETE FROM millrace_control.document_pages AS page USING told
  WHERE page.document = told.id AND told.state IN ('landing', 'done', 'rejected', 'failed', 'duplicate')`;
