import { MillraceError } from "@millrace/core";
import type { Attachment, PageText } from "../document-text.ts";
import type { ResolvedDocumentLimits } from "../document-limits.ts";
import { formatError } from "../decode-text.ts";
import type { OpenDocument, PageImage } from "../open-document.ts";
import { loadSharp, type Sharp } from "./load-sharp.ts";

/** Pictures that hold pages. */
export type PictureKind = "png" | "jpeg" | "tiff";

interface PictureParts {
  readonly name: string;
  readonly kind: PictureKind;
  readonly bytes: Uint8Array;
  readonly limits: ResolvedDocumentLimits;
}

/** A picture, or several in one TIFF file: pages that have to be recognised. */
export class PictureDocument implements OpenDocument {
  readonly kind: PictureKind;
  readonly pageCount: number;
  readonly metadata = {};
  readonly #sharp: Sharp;
  readonly #parts: PictureParts;

  private constructor(sharp: Sharp, parts: PictureParts, pageCount: number) {
    this.#sharp = sharp;
    this.#parts = parts;
    this.kind = parts.kind;
    this.pageCount = pageCount;
  }

  /** Reads a picture's header. Fails with MLR_SOURCE_FORMAT where it is damaged, MLR_SOURCE_LIMIT beyond a limit, MLR_DRIVER_MISSING. */
  static async open(parts: PictureParts): Promise<PictureDocument> {
    const sharp = await loadSharp();
    const { name, bytes, limits } = parts;
    const facts = await sharp(bytes, { limitInputPixels: false })
      .metadata()
      .catch((error: unknown) => {
        throw damaged(name, error);
      });
    const pages = facts.pages ?? 1;
    if (pages > limits.pages) throw beyond(name, `has ${pages} pages, more than ${limits.pages}`, "pages");
    return new PictureDocument(sharp, parts, pages);
  }

  /** A page without words: what stands on it has to be recognised. */
  async page(number: number): Promise<PageText> {
    const { width, height } = await this.#size(number);
    return {
      number,
      width,
      height,
      rotation: 0,
      text: "",
      words: [],
      hasText: false,
      needsOcr: true,
      problem: "it is a picture",
    };
  }

  /** The page as PNG, turned as its camera said. */
  async image(number: number): Promise<PageImage> {
    await this.#size(number);
    const { name, limits } = this.#parts;
    try {
      const { data, info } = await this.#open(number, limits.pixels)
        .rotate()
        .png({ compressionLevel: 3 })
        .toBuffer({ resolveWithObject: true });
      return { png: data, width: info.width, height: info.height, scale: 1 };
    } catch (error) {
      throw damaged(name, error);
    }
  }

  attachments(): Promise<readonly Attachment[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #size(number: number): Promise<{ width: number; height: number }> {
    const { name, limits } = this.#parts;
    if (!Number.isInteger(number) || number < 1 || number > this.pageCount) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `${name} has no page ${number}`, {
        hint: `It has ${this.pageCount} pages, numbered from 1.`,
      });
    }
    const facts = await this.#open(number, false)
      .metadata()
      .catch((error: unknown) => {
        throw damaged(name, error);
      });
    const { width, height } = facts.autoOrient;
    if (width * height > limits.pixels) {
      throw beyond(name, `has ${width} × ${height} pixels, more than ${limits.pixels}`, "pixels");
    }
    return { width, height };
  }

  #open(number: number, limitInputPixels: number | false): ReturnType<Sharp> {
    return this.#sharp(this.#parts.bytes, { page: number - 1, limitInputPixels, failOn: "error" });
  }
}

function damaged(name: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return formatError(name, `cannot be read as a picture: ${reason}`, "Copy or scan it again.", cause);
}

function beyond(name: string, what: string, limit: string): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${name} ${what}`, {
    hint: `Raise the option \`limits.${limit}\` if that much is expected.`,
    details: { file: name },
  });
}
