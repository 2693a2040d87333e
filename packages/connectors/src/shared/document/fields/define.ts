import { MillraceError } from "@millrace/core";
import type { DocumentText } from "../document-text.ts";
import { findAnchors, type Anchor } from "./anchor.ts";
import type { Check } from "./check.ts";
import type { DocumentType, ExtractedFields, FieldProblem, FieldValue, FoundField } from "./document-type.ts";
import type { Field } from "./field.ts";
import { pageLines, type PageLines } from "./page-lines.ts";
import type { TableField } from "./table-field.ts";
import type { Notation } from "./value-kind.ts";

/** What a kind of document is made of. */
export interface DocumentTypeOptions {
  /** Phrases of which documents of this type have all, or a function that says how surely it is one, 0 to 1. */
  readonly match: Anchor | ((document: DocumentText) => number);
  readonly fields: Readonly<Record<string, Field | TableField>>;
  /** What must hold between the fields. */
  readonly checks?: readonly Check[];
  /** How numbers are written: `en` 1,234.50, `de` 1.234,50. Default `auto`. */
  readonly numbers?: Notation["numbers"];
  /** Which of 03/04/2026 is the day. Default `auto`: the first, less surely. */
  readonly dates?: Notation["dates"];
}

/** A check that fails makes the whole less sure. */
const FAILED_CHECK = 0.5;
/** Candidates whose confidence differs by less than this share are as good as each other. */
const AS_GOOD = 0.97;
const AMBIGUOUS = 0.7;

/**
 * A kind of document: how it is told from others, and where its fields stand. Fails with MLR_ARGUMENT_INVALID where it has no
 * fields.
 * @example documentType("invoice", { match: "Invoice", fields: { total: near("Total", money) } })
 */
export function documentType(name: string, options: DocumentTypeOptions): DocumentType {
  if (Object.keys(options.fields).length === 0) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `documentType("${name}") has no fields`, {
      hint: 'Give it fields, such as { total: near("Total", money) }.',
    });
  }
  const notation: Notation = { numbers: options.numbers ?? "auto", dates: options.dates ?? "auto" };
  return {
    name,
    matches: (document) => matchOf(document, options.match),
    extract: (document) => extract(pageLines(document), options, notation),
  };
}

/** The fields of a document, by its type. */
export function extractFields(type: DocumentType, document: DocumentText): ExtractedFields {
  return type.extract(document);
}

/** The type that a document is of most surely; undefined where none reaches `least`. */
export function chooseType(
  types: readonly DocumentType[],
  document: DocumentText,
  least = 0.5,
): { readonly type: DocumentType; readonly score: number } | undefined {
  const scored = types
    .map((type) => ({ type, score: type.matches(document) }))
    .sort((a, b) => b.score - a.score);
  const [best] = scored;
  return best !== undefined && best.score >= least ? best : undefined;
}

function matchOf(document: DocumentText, match: DocumentTypeOptions["match"]): number {
  if (typeof match === "function") return Math.min(1, Math.max(0, match(document)));
  const pages = pageLines(document);
  const list = typeof match === "string" || match instanceof RegExp ? [match] : match;
  if (list.length === 0) return 0;
  const scores = list.map((each) => Math.max(0, ...findAnchors(pages, each).map(({ score }) => score)));
  return scores.reduce((sum, score) => sum + score, 0) / list.length;
}

function extract(
  pages: readonly PageLines[],
  options: DocumentTypeOptions,
  notation: Notation,
): ExtractedFields {
  const values: Record<string, FieldValue> = {};
  const lines: Record<string, readonly Readonly<Record<string, FieldValue>>[]> = {};
  const fieldConfidence: Record<string, number> = {};
  const places: Record<string, ExtractedFields["places"][string]> = {};
  const problems: FieldProblem[] = [];
  const required: number[] = [];
  for (const [name, field] of Object.entries(options.fields)) {
    if ("columns" in field) {
      const found = field.rows(pages, notation);
      lines[name] = found?.rows ?? [];
      fieldConfidence[name] = found?.confidence ?? 0;
      if (found !== undefined) places[name] = { page: found.page, box: found.box, raw: "" };
      else if (field.required) problems.push(missing(name, "no table with its columns was found"));
    } else {
      const { best, rival } = choose(field.candidates(pages, notation));
      values[name] = best?.value ?? null;
      fieldConfidence[name] = (best?.confidence ?? 0) * (rival === undefined ? 1 : AMBIGUOUS);
      if (best?.box !== undefined) places[name] = { page: best.page, box: best.box, raw: best.raw };
      if (best === undefined && field.required) problems.push(missing(name, "it was not found"));
      if (rival !== undefined) problems.push(ambiguous(name, best, rival));
    }
    if (field.required) required.push(fieldConfidence[name] ?? 0);
  }
  let confidence = required.length === 0 ? 1 : Math.min(...required);
  for (const check of options.checks ?? []) {
    const wrong = check({ values, lines });
    if (wrong === undefined) continue;
    problems.push({ code: "check", message: wrong });
    confidence *= FAILED_CHECK;
  }
  return { values, lines, fieldConfidence, confidence, problems, places };
}

/** The surest candidate, and another value that is as sure: which of them is meant nobody knows. */
function choose(candidates: readonly FoundField[]): { best?: FoundField; rival?: FoundField } {
  const sorted = candidates.toSorted((a, b) => b.confidence - a.confidence);
  const [best] = sorted;
  if (best === undefined) return {};
  const rival = sorted.find(
    ({ value, confidence }) => value !== best.value && confidence >= best.confidence * AS_GOOD,
  );
  return rival === undefined ? { best } : { best, rival };
}

function missing(field: string, message: string): FieldProblem {
  return { field, code: "missing", message: `${field}: ${message}` };
}

function ambiguous(field: string, best: FoundField | undefined, rival: FoundField): FieldProblem {
  const said = `${field} may be "${best?.raw ?? ""}" or "${rival.raw}"`;
  return { field, code: "ambiguous", message: said };
}
