import { type Json, MillraceError } from "@millrace/core";
import type pg from "pg";
import { newRunId } from "../store/run-id.ts";
import { storableJson } from "../store/storable-json.ts";

/** What a person wants of a document. */
export interface NewDecision {
  /** UUID of the document. */
  readonly document: string;
  readonly kind: "accept" | "reject" | "reprocess";
  /** Land in place of what was read. */
  readonly values?: Readonly<Record<string, Json>> | undefined;
  readonly lines?: Readonly<Record<string, readonly Readonly<Record<string, Json>>[]>> | undefined;
  /** For `reprocess`: the stage to begin at. Default: where it failed, else the first. */
  readonly stage?: string | undefined;
  readonly by: string;
}

const FOR: Readonly<Record<NewDecision["kind"], readonly string[]>> = {
  accept: ["review", "done"],
  reject: ["review"],
  reprocess: ["review", "done", "failed", "duplicate", "rejected"],
};

/**
 * Notes a decision about a document, which its pipeline's source follows while it runs, or when it runs next. Fails with
 * MLR_DOCUMENT_NOT_FOUND, or MLR_DOCUMENT_STATE where it cannot be followed as the document stands.
 */
export async function decideDocument(
  pool: pg.Pool,
  { document, kind, values, lines, stage, by }: NewDecision,
): Promise<{ readonly id: string; readonly pipeline: string }> {
  const { rows } = await pool.query<{ pipeline: string; state: string; waiting: boolean }>(
    `SELECT pipeline, state, EXISTS (SELECT FROM millrace_control.document_decisions AS decision
       WHERE decision.document = documents.id AND decision.answered_at IS NULL) AS waiting
     FROM millrace_control.documents WHERE id = $1`,
    [document],
  );
  const [known] = rows;
  if (known === undefined) {
    throw new MillraceError("MLR_DOCUMENT_NOT_FOUND", `There is no document ${document}`, {
      hint: "`millrace documents list` shows those that there are.",
    });
  }
  if (known.waiting) {
    throw new MillraceError(
      "MLR_DOCUMENT_STATE",
      `A decision about document ${document} is not followed yet`,
      {
        hint: "Its pipeline follows it when it runs.",
      },
    );
  }
  if (!FOR[kind].includes(known.state)) {
    throw new MillraceError("MLR_DOCUMENT_STATE", `Document ${document} is ${known.state}`, {
      hint: `${kind} is for documents that are ${FOR[kind].join(", ")}.`,
      details: { state: known.state },
    });
  }
  const id = newRunId();
  await pool.query(
    `INSERT INTO millrace_control.document_decisions (id, document, pipeline, kind, "values", lines, stage, before, decided_by)
     SELECT $1, id, pipeline, $3, $4, $5, $6, fields, $7 FROM millrace_control.documents WHERE id = $2`,
    [
      id,
      document,
      kind,
      values === undefined ? null : storableJson(values),
      lines === undefined ? null : storableJson(lines as unknown as Json),
      stage ?? null,
      by,
    ],
  );
  return { id, pipeline: known.pipeline };
}
