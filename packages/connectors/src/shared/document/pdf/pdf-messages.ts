import type { Attachment, PageText } from "../document-text.ts";
import type { ResolvedDocumentLimits } from "../document-limits.ts";

/** What the thread that reads a PDF starts with. */
export interface PdfWork {
  /** Taken over by the thread. */
  readonly bytes: Uint8Array;
  readonly password: string | undefined;
  readonly limits: ResolvedDocumentLimits;
}

/** What the thread is asked. */
export type PdfRequest =
  | { readonly id: number; readonly ask: "open" }
  | { readonly id: number; readonly ask: "page"; readonly page: number; readonly layout: boolean }
  | { readonly id: number; readonly ask: "image"; readonly page: number; readonly dpi: number }
  | { readonly id: number; readonly ask: "attachments" };

/** The facts of a document. */
export interface PdfFacts {
  readonly pages: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A page with the straight lines on it, four numbers each: x0, y0, x1, y1. */
export interface PdfPage extends PageText {
  readonly rules: readonly number[];
}

/** A page that was drawn. */
export interface PdfImage {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** What each question is answered with. */
export interface PdfAnswers {
  readonly open: PdfFacts;
  readonly page: PdfPage;
  readonly image: PdfImage;
  readonly attachments: readonly Attachment[];
}

/** Why a question was not answered. */
export interface PdfFailure {
  /** `password`: missing or wrong. `limit`: beyond a limit. `canvas`: the package that draws is missing. */
  readonly why: "password" | "limit" | "canvas" | "driver" | "damaged";
  readonly message: string;
}

/** An answer of the thread. */
export type PdfReply =
  | { readonly id: number; readonly answer: PdfAnswers[keyof PdfAnswers] }
  | { readonly id: number; readonly failure: PdfFailure };
