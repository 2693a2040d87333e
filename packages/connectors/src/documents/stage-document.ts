import type { Json } from "@millrace/core";
import type { DocumentText } from "../shared/document/document-text.ts";
import type { FieldProblem, FieldValue } from "../shared/document/fields/document-type.ts";

/** A box on a page at which a value was read. */
export interface ValuePlace {
  /** From 1 on. */
  readonly page: number;
  readonly box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
  /** As it is written there. */
  readonly raw: string;
}

/** A value of a row: fields have texts, booleans and null, stages of your own whatever they give. */
export type DocumentValue = FieldValue | Json;
/** Values by name. */
export type DocumentValues = Readonly<Record<string, DocumentValue>>;

/** What stages find out about a document. Each stage gives a part of it, and sees what those before it gave. */
export interface DocumentFacts {
  /** Such as `invoice`: decides which stages take it. */
  readonly type?: string;
  readonly text?: DocumentText;
  /** Whatever is named in it: dates, companies, numbers of accounts. */
  readonly entities?: readonly object[];
  readonly values?: DocumentValues;
  /** Rows of tables, by name. */
  readonly lines?: Readonly<Record<string, readonly DocumentValues[]>>;
  readonly problems?: readonly FieldProblem[];
  /** Where values stand, for whoever looks over them. */
  readonly places?: Readonly<Record<string, ValuePlace>>;
  /** 0 to 1, by field. */
  readonly fieldConfidence?: Readonly<Record<string, number>>;
  /** 0 to 1. */
  readonly confidence?: number;
  /** Why a person has to look at it, whatever the confidence. */
  readonly review?: string;
  /** Anything else that a stage found, for those behind it and for rows. */
  readonly notes?: Readonly<Record<string, Json>>;
}

/** A document as a stage gets it. */
export interface StageDocument extends DocumentFacts {
  /** UUID, for as long as the document is known. */
  readonly id: string;
  /** Name of the file as it came. */
  readonly name: string;
  /** Where the file is now, absolute: as bytes, because names need not be text. `node:fs` takes it. */
  readonly path: Buffer;
  readonly bytes: number;
  /** SHA-256 of the content as hex. */
  readonly sha256: string;
  readonly receivedAt: Date;
}
