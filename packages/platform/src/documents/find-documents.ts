import { MillraceError } from "@millrace/core";
import type pg from "pg";

/** A document as it was told last. */
export interface FoundDocument {
  readonly id: string;
  readonly pipeline: string;
  readonly name: string;
  readonly type: string | null;
  readonly stage: string;
  readonly state: string;
  readonly pages: number | null;
  readonly confidence: number | null;
  readonly file: string;
  readonly receivedAt: Date;
  readonly changedAt: Date;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly fields: DocumentFields | null;
}

/** What was read of a document, or put in its place. */
export interface DocumentFields {
  readonly values: Readonly<Record<string, unknown>>;
  readonly lines: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly problems: readonly { readonly field?: string; readonly code: string; readonly message: string }[];
  readonly fieldConfidence: Readonly<Record<string, number>>;
}

/** Something that happened to a document. */
export interface FoundTransition {
  readonly stage: string;
  readonly outcome: string;
  readonly at: Date;
  readonly durationMs: number;
  readonly attempt: number;
  readonly message: string | null;
}

/** A decision with what it was about: labelled data. */
export interface DocumentLabel {
  readonly document: string;
  readonly pipeline: string;
  readonly name: string;
  readonly type: string | null;
  readonly sha256: string | null;
  readonly file: string;
  readonly before: unknown;
  readonly values: unknown;
  readonly lines: unknown;
  readonly by: string;
  readonly at: Date;
}

/** Which documents are wanted. */
export interface FindDocuments {
  readonly pipeline?: string | undefined;
  readonly state?: string | undefined;
  readonly type?: string | undefined;
  readonly limit: number;
}

/** Documents, those that came last first. */
export async function findDocuments(
  pool: pg.Pool,
  { pipeline, state, type, limit }: FindDocuments,
): Promise<readonly FoundDocument[]> {
  const { rows } = await pool.query<FoundDocument>(
    `SELECT ${COLUMNS} FROM millrace_control.documents
     WHERE ($1::text IS NULL OR pipeline = $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR type = $3)
     ORDER BY received_at DESC, id DESC LIMIT $4`,
    [pipeline ?? null, state ?? null, type ?? null, limit],
  );
  return rows;
}

/**
 * A document and everything that happened to it. Fails with MLR_DOCUMENT_NOT_FOUND.
 * @param id or the first letters of it, where they are those of one document alone
 */
export async function findDocument(
  pool: pg.Pool,
  id: string,
): Promise<FoundDocument & { readonly transitions: readonly FoundTransition[] }> {
  const { rows } = await pool.query<FoundDocument>(
    `SELECT ${COLUMNS} FROM millrace_control.documents WHERE id::text LIKE $1 LIMIT 2`,
    [`${id.toLowerCase().replaceAll(/[^\da-f-]/g, "_")}%`],
  );
  const [document] = rows;
  if (document === undefined || rows.length > 1) {
    throw new MillraceError(
      "MLR_DOCUMENT_NOT_FOUND",
      document === undefined
        ? `There is no document ${id}`
        : `${id} is the beginning of more than one document's id`,
      { hint: "`millrace documents list` shows those that there are." },
    );
  }
  const transitions = await pool.query<FoundTransition>(
    `SELECT stage, outcome, at, duration_ms AS "durationMs", attempt, message FROM millrace_control.document_transitions
     WHERE document = $1 ORDER BY number`,
    [document.id],
  );
  return { ...document, transitions: transitions.rows };
}

/** What people accepted and corrected, the oldest first. */
export async function findDocumentLabels(
  pool: pg.Pool,
  { pipeline, type, limit }: Omit<FindDocuments, "state">,
): Promise<readonly DocumentLabel[]> {
  const { rows } = await pool.query<DocumentLabel>(
    `SELECT document.id AS document, document.pipeline, document.name, document.type, document.sha256, document.file,
       decision.before, decision."values", decision.lines, decision.decided_by AS by, decision.decided_at AS at
     FROM millrace_control.document_decisions AS decision JOIN millrace_control.documents AS document ON document.id = decision.document
     WHERE decision.kind = 'accept' AND decision.refused IS NULL AND ($1::text IS NULL OR document.pipeline = $1)
       AND ($2::text IS NULL OR document.type = $2)
     ORDER BY decision.decided_at, decision.id LIMIT $3`,
    [pipeline ?? null, type ?? null, limit],
  );
  return rows;
}

const COLUMNS = `id, pipeline, name, type, stage, state, pages, confidence, file, received_at AS "receivedAt",
  changed_at AS "changedAt", error_code AS "errorCode", error_message AS "errorMessage", fields`;
