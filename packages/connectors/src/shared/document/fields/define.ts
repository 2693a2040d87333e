import { MillraceError } from "@millrace/core";
import type { DocumentText } from "../document-text.ts";
import { findAnchors, type Anchor } from "./anchor.ts";
import type { Check } from "./check.ts";
import type { DocumentType, ExtractedFields, FieldProblem, FieldValue, FoundField } from "./document-type.ts";
import type { Field } from "./field.ts";
import { pageLines, type PageLines } from "./page-lines.ts";
import type { FoundTable, TableField } from "./table-field.ts";
import type { Notation } from "./value-kind.ts";

/** What a kind of document is made of. */
export interface DocumentTypeOptions {
  /** Phrases of which documents of this type have all, or a function that says how surely it is one, 0 to 1. */
  readonly match: Anchor | ((document: DocumentText) => number);
  /** How each field is found, by its name. */
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
  const found = new Findings();
  for (const [name, field] of Object.entries(options.fields)) {
    if ("columns" in field) found.table(name, field, field.rows(pages, notation));
    else found.field(name, field, field.candidates(pages, notation));
  }
  return found.checked(options.checks ?? []);
}

/** What was found of a document's fields so far. */
class Findings {
  readonly #values: Record<string, FieldValue> = {};
  readonly #lines: Record<string, readonly Readonly<Record<string, FieldValue>>[]> = {};
  readonly #confidence: Record<string, number> = {};
  readonly #places: Record<string, ExtractedFields["places"][string]> = {};
  readonly #problems: FieldProblem[] = [];
  readonly #required: number[] = [];

  table(name: string, { required }: TableField, found: FoundTable | undefined): void {
    this.#lines[name] = found?.rows ?? [];
    this.#sure(name, required, found?.confidence ?? 0);
    if (found !== undefined) this.#places[name] = { page: found.page, box: found.box, raw: "" };
    else if (required) this.#problems.push(missing(name, "no table with its columns was found"));
  }

  field(name: string, { required }: Field, candidates: readonly FoundField[]): void {
    const { best, rival } = choose(candidates);
    this.#values[name] = best?.value ?? null;
    this.#sure(name, required, (best?.confidence ?? 0) * (rival === undefined ? 1 : AMBIGUOUS));
    if (best?.box !== undefined) this.#places[name] = { page: best.page, box: best.box, raw: best.raw };
    if (best === undefined && required) this.#problems.push(missing(name, "it was not found"));
    if (rival !== undefined) this.#problems.push(ambiguous(name, best, rival));
  }

  checked(checks: readonly Check[]): ExtractedFields {
    let confidence = Math.min(1, ...this.#required);
    for (const check of checks) {
      const wrong = check({ values: this.#values, lines: this.#lines });
      if (wrong === undefined) continue;
      this.#problems.push({ code: "check", message: wrong });
      confidence *= FAILED_CHECK;
    }
    return {
      values: this.#values,
      lines: this.#lines,
      fieldConfidence: this.#confidence,
      confidence,
      problems: this.#problems,
      places: this.#places,
    };
  }

  #sure(name: string, required: boolean, confidence: number): void {
    this.#confidence[name] = confidence;
    if (required) this.#required.push(confidence);
  }
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
