import type { DocumentLimits } from "./document-limits.ts";
import type { Attachment, DocumentKind, PageText } from "./document-text.ts";

/** The picture of a page. */
export interface PageImage {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Pixels per unit of the page's boxes: what a box is to be multiplied with to be drawn on the picture. */
  readonly scale: number;
}

/** A document that is read page by page. Who opens it closes it. */
export interface OpenDocument {
  readonly kind: DocumentKind;
  readonly pageCount: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** One page, numbered from 1. Fails with MLR_SOURCE_LIMIT beyond the limits, MLR_SOURCE_FORMAT where it is damaged. */
  page(number: number): Promise<PageText>;
  /**
   * The page as a picture, for recognition or to be shown. Fails with MLR_DRIVER_MISSING where the package that draws is not
   * installed, and with MLR_ARGUMENT_INVALID for a kind without pages, such as HTML.
   * @param dpi dots per inch of a PDF page, default 200; pictures keep their own
   */
  image(number: number, dpi?: number): Promise<PageImage>;
  attachments(): Promise<readonly Attachment[]>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How a document is opened. */
export interface OpenDocumentOptions {
  /** For messages. Default: the path, or `document`. */
  readonly name?: string;
  /** What the sender says it is; decides only where the content does not, such as for HTML and text. */
  readonly contentType?: string;
  /** Of an encrypted PDF. */
  readonly password?: string;
  /** Default: those of `documentLimits`. */
  readonly limits?: DocumentLimits;
  readonly signal?: AbortSignal;
}
