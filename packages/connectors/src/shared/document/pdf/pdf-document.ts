import { MillraceError } from "@millrace/core";
import type { Attachment } from "../document-text.ts";
import type { ResolvedDocumentLimits } from "../document-limits.ts";
import type { OpenDocument, PageImage } from "../open-document.ts";
import { countObjects } from "./count-objects.ts";
import type { PdfFacts, PdfPage } from "./pdf-messages.ts";
import { PdfThreadHost } from "./pdf-thread-host.ts";

/** What opening a PDF takes. */
export interface OpenPdfParts {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly limits: ResolvedDocumentLimits;
  readonly password?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Text keeps its place on the page. Default false. */
  readonly layout?: boolean;
}

/** A PDF that is read page by page, in a thread of its own. Who opens it closes it. */
export class PdfDocument implements OpenDocument {
  readonly kind = "pdf";
  readonly pageCount: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #host: PdfThreadHost;
  readonly #parts: OpenPdfParts;

  private constructor(host: PdfThreadHost, facts: PdfFacts, parts: OpenPdfParts) {
    this.#host = host;
    this.#parts = parts;
    this.pageCount = facts.pages;
    this.metadata = facts.metadata;
  }

  /**
   * Opens a PDF. Fails with MLR_SOURCE_FORMAT where it is damaged, MLR_SOURCE_DENIED where its password is missing or wrong,
   * MLR_SOURCE_LIMIT beyond a limit, MLR_DRIVER_MISSING without pdfjs-dist.
   */
  static async open(parts: OpenPdfParts): Promise<PdfDocument> {
    const { name, bytes, limits, password, signal } = parts;
    const objects = countObjects(bytes);
    if (objects > limits.objects) {
      throw new MillraceError(
        "MLR_SOURCE_LIMIT",
        `${name} declares ${objects} objects, more than ${limits.objects}`,
        {
          hint: "Raise the option `limits.objects` if that much is expected.",
          details: { file: name, objects },
        },
      );
    }
    // Shared, so that a thread that has to be started over takes nothing along.
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const host = new PdfThreadHost(name, { bytes: shared, password, limits });
    try {
      const facts = await host.ask({ ask: "open" }, signal);
      return new PdfDocument(host, facts, parts);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** One page with the straight lines on it. Pages that are asked for ahead are read one after the other. */
  async page(number: number): Promise<PdfPage> {
    this.#check(number);
    return this.#host.ask(
      { ask: "page", page: number, layout: this.#parts.layout === true },
      this.#parts.signal,
    );
  }

  async image(number: number, dpi = 200): Promise<PageImage> {
    this.#check(number);
    return this.#host.ask({ ask: "image", page: number, dpi }, this.#parts.signal);
  }

  async attachments(): Promise<readonly Attachment[]> {
    return this.#host.ask({ ask: "attachments" }, this.#parts.signal);
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  #check(number: number): void {
    if (Number.isInteger(number) && number >= 1 && number <= this.pageCount) return;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${this.#parts.name} has no page ${number}`, {
      hint: `It has ${this.pageCount} pages, numbered from 1.`,
    });
  }
}
