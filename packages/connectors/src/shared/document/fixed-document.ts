import { MillraceError } from "@millrace/core";
import type { Attachment, DocumentKind, PageText } from "./document-text.ts";
import type { OpenDocument, PageImage } from "./open-document.ts";

/** What a document of one text consists of. */
export interface FixedParts {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly page: PageText;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly attachments?: readonly Attachment[];
}

/** A document that has no pages of its own, such as HTML, read as a whole. */
export class FixedDocument implements OpenDocument {
  readonly kind: DocumentKind;
  readonly pageCount = 1;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #parts: FixedParts;

  constructor(parts: FixedParts) {
    this.kind = parts.kind;
    this.metadata = parts.metadata ?? {};
    this.#parts = parts;
  }

  page(number: number): Promise<PageText> {
    if (number === 1) return Promise.resolve(this.#parts.page);
    return Promise.reject(
      new MillraceError("MLR_ARGUMENT_INVALID", `${this.#parts.name} has no page ${number}`, {
        hint: `A document of the kind ${this.kind} has one page.`,
      }),
    );
  }

  image(_number: number): Promise<PageImage> {
    return Promise.reject(
      new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `${this.#parts.name} is ${this.kind} and has no pages to draw`,
        {
          hint: "Pictures of pages are made of PDF and image files.",
        },
      ),
    );
  }

  attachments(): Promise<readonly Attachment[]> {
    return Promise.resolve(this.#parts.attachments ?? []);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
