import type { Box } from "../box.ts";
import type { DocumentText } from "../document-text.ts";

/** A value that a field can have: numbers and money as decimal text ("37499.96"), dates as YYYY-MM-DD. */
export type FieldValue = string | boolean | null;

/** What was found for a field. */
export interface FoundField {
  readonly value: FieldValue;
  /** 0 to 1. */
  readonly confidence: number;
  /** As it is written. */
  readonly raw: string;
  readonly page: number;
  readonly box: Box | undefined;
}

/** Something that does not fit. */
export interface FieldProblem {
  /** Absent: of the document. */
  readonly field?: string;
  readonly code: "missing" | "invalid" | "ambiguous" | "check";
  readonly message: string;
}

/** The fields of one document. */
export interface ExtractedFields {
  /** Of every field that is no table; null where nothing was found. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Rows of every table. */
  readonly lines: Readonly<Record<string, readonly Readonly<Record<string, FieldValue>>[]>>;
  /** 0 to 1 for every field, tables too. */
  readonly fieldConfidence: Readonly<Record<string, number>>;
  /** The lowest of the required fields, lowered by checks that fail. */
  readonly confidence: number;
  readonly problems: readonly FieldProblem[];
  /** Where each value stands, for whoever looks over it. */
  readonly places: Readonly<
    Record<string, { readonly page: number; readonly box: Box; readonly raw: string }>
  >;
}

/** A kind of document and how its fields are found. Made by `documentType`. */
export interface DocumentType {
  readonly name: string;
  /** How surely the document is of this type, 0 to 1. */
  matches(document: DocumentText): number;
  extract(document: DocumentText): ExtractedFields;
}
