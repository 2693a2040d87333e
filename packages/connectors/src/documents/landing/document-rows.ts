import { MillraceError } from "@millrace/core";
import type { ResolvedDocumentsOptions } from "../options.ts";
import type { StageDocument } from "../stage-document.ts";
import type { StreamRows } from "../store/store.ts";

/** Longest text of a document without a type that lands in a row, in characters. */
const MOST_TEXT = 10_000_000;

/** Of which the first may be a whole number. */
const CONFIDENCE = { name: "confidence", type: { kind: "double" } } as const;

/** What lands of a document. Every row has its id in the column `document`. */
export async function documentRows(
  document: StageDocument,
  rows: ResolvedDocumentsOptions["rows"],
): Promise<readonly StreamRows[]> {
  const parts = rows === undefined ? usualRows(document) : await rows(document);
  if (!Array.isArray(parts)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `rows() gave no list for ${document.name}`, {
      hint: 'It has to return a list such as [{ stream: "invoices", rows: [{ … }] }].',
    });
  }
  return (parts as readonly StreamRows[]).map((part) => ({
    ...part,
    rows: part.rows.map((row) => ({ document: document.id, ...row })),
  }));
}

function usualRows(document: StageDocument): StreamRows[] {
  const { id, name, type, sha256, receivedAt, confidence, values, lines = {}, text } = document;
  const stream = type ?? "documents";
  const own: Record<string, unknown> = {
    document: id,
    file: name,
    sha256,
    received_at: receivedAt,
    confidence: confidence ?? null,
    ...(type === undefined ? { pages: text?.pages.length ?? null, text: textOf(document) } : {}),
    ...values,
  };
  return [
    { stream, key: ["document"], columns: [CONFIDENCE], rows: [own] },
    ...Object.entries(lines).map(([table, found]) => ({
      stream: `${stream}_${table}`,
      key: ["document", "line"],
      rows: found.map((line, index) => ({ document: id, line: index + 1, ...line })),
    })),
  ];
}

function textOf({ text }: StageDocument): string | null {
  const pages = text?.pages.map((page) => page.text) ?? [];
  // Neither can be stored as text.
  return pages.length === 0
    ? null
    : pages.join("\n\n").slice(0, MOST_TEXT).replaceAll("\0", "").toWellFormed();
}
