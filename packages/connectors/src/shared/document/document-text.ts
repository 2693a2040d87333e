import type { Box } from "./box.ts";

/** A word and where it stands. */
export interface Word extends Box {
  readonly text: string;
  /** 0 to 1, from text recognition. Absent: the document itself has the text. */
  readonly confidence?: number;
}

/** One page as text. */
export interface PageText {
  /** From 1 on. */
  readonly number: number;
  /** As it is seen, rotation applied: points for PDF, pixels for images, 0 where there are no pages, such as HTML. */
  readonly width: number;
  readonly height: number;
  /** Degrees clockwise by which the page is turned to be read: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** In reading order, line by line. */
  readonly text: string;
  /** In reading order. Empty where the format has no places, such as HTML. */
  readonly words: readonly Word[];
  /** Its words can be taken from the file. */
  readonly hasText: boolean;
  /** What is to be read is in pictures, or its letters cannot be told. */
  readonly needsOcr: boolean;
  /** Straight lines on the page, level or upright, four numbers each: x0, y0, x1, y1. Absent: none are known. */
  readonly rules?: ArrayLike<number>;
  /** Why recognition is needed, or what went wrong with the page. */
  readonly problem?: string;
}

/** A file inside a document. */
export interface Attachment {
  readonly name: string;
  /** Media type, as the document says. */
  readonly contentType?: string;
  readonly content: Uint8Array;
}

/** What kind of document it is, by its content. */
export type DocumentKind = "pdf" | "docx" | "html" | "email" | "text" | "tiff" | "png" | "jpeg";

/** A document as text. */
export interface DocumentText {
  readonly kind: DocumentKind;
  readonly pages: readonly PageText[];
  /** Such as `title`, `author`, `created` (ISO 8601), `from`, `subject`; fields of a form as `form.<name>`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly attachments: readonly Attachment[];
}
