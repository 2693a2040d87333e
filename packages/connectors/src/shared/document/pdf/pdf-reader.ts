import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist";
import type { Attachment } from "../document-text.ts";
import { layoutText } from "../layout-text.ts";
import { plainText, textLines } from "../text-lines.ts";
import { drawPage } from "./draw-page.ts";
import { groupLetters } from "./group-letters.ts";
import { interpretPage, type Operators } from "./interpret-page.ts";
import { loadPdfjs, type LoadedPdfjs } from "./load-pdfjs.ts";
import { toMatrix } from "./matrix.ts";
import { readMetadata } from "./metadata.ts";
import type { PageMarks } from "./page-marks.ts";
import { PageFonts } from "./page-fonts.ts";
import { PdfRefusal } from "./pdf-failure.ts";
import type { PdfFacts, PdfImage, PdfPage, PdfWork } from "./pdf-messages.ts";

/** A page with more instructions is refused. */
const MOST_INSTRUCTIONS = 5_000_000;
/** After so many pages what PDF.js keeps of fonts and objects is freed. */
const PAGES_BETWEEN_CLEANING = 50;
/** A page with fewer letters may be a scan with a stamp on it: its pictures are looked at. */
const FEW_LETTERS = 200;
/** Pictures that cover this share of a page with few letters are what is to be read. */
const PICTURE_SHARE = 0.5;
/** Of a page's letters that no character is known for: beyond it, the page has to be recognised. */
const UNKNOWN_SHARE = 0.3;
/** What PDF.js is to leave out when only text and lines are wanted: pictures with more pixels than this. */
const NO_PICTURES = 1;

/** Reads one PDF by PDF.js. It runs in a thread of its own. */
export class PdfReader {
  readonly #work: PdfWork;
  readonly #fonts = new PageFonts();
  #text: Promise<PDFDocumentProxy> | undefined;
  #pictures: Promise<PDFDocumentProxy> | undefined;
  #sinceCleaning = 0;

  constructor(work: PdfWork) {
    this.#work = work;
  }

  /** Number of pages and what the document says of itself. */
  async facts(): Promise<PdfFacts> {
    const document = await this.#forText();
    const { pages } = this.#work.limits;
    if (document.numPages > pages) {
      throw new PdfRefusal("limit", `has ${document.numPages} pages, more than ${pages}`);
    }
    return { pages: document.numPages, metadata: await readMetadata(document) };
  }

  /** Words, lines and text of a page. */
  async page(number: number, layout: boolean): Promise<PdfPage> {
    const loaded = await loadPdfjs();
    const document = await this.#forText();
    const page = await document.getPage(number);
    try {
      const view = page.getViewport({ scale: 1 });
      const marks = await this.#marks(loaded, page);
      const lines = textLines(groupLetters(marks.letters));
      const letters = marks.letters.reduce((count, { space }) => count + (space ? 0 : 1), 0);
      const problem = await this.#problem(loaded, number, marks, letters);
      return {
        number,
        width: round(view.width),
        height: round(view.height),
        rotation: ((page.rotate % 360) + 360) % 360,
        text: layout ? layoutText(lines) : plainText(lines),
        words: lines.flatMap(({ words }) =>
          words.map(({ text, x0, y0, x1, y1 }) => ({
            text,
            x0: round(x0),
            y0: round(y0),
            x1: round(x1),
            y1: round(y1),
          })),
        ),
        rules: marks.rules.map(round),
        hasText: letters > 0 && marks.unknown <= letters * UNKNOWN_SHARE,
        needsOcr: problem !== undefined,
        ...(problem === undefined ? {} : { problem }),
      };
    } finally {
      await this.#clean(page, document);
    }
  }

  /** The page as a picture. */
  async image(number: number, dpi: number): Promise<PdfImage> {
    const document = await this.#forPictures();
    const page = await document.getPage(number);
    try {
      return await drawPage(page, dpi, this.#work.limits.pixels);
    } finally {
      await this.#clean(page, document);
    }
  }

  /** Files inside the document. */
  async attachments(): Promise<Attachment[]> {
    const document = await this.#forText();
    const found = (await document.getAttachments()) as ReadonlyMap<string, { filename: string }> | null;
    const attachments: Attachment[] = [];
    let bytes = 0;
    for (const [id, { filename }] of found ?? []) {
      const content: unknown = await document.getAttachmentContent(id);
      if (!(content instanceof Uint8Array)) continue;
      bytes += content.length;
      const { unpackedBytes } = this.#work.limits;
      if (bytes > unpackedBytes)
        throw new PdfRefusal("limit", `has attachments of more than ${unpackedBytes} bytes`);
      attachments.push({ name: filename, content });
    }
    return attachments;
  }

  async #marks({ pdfjs }: LoadedPdfjs, page: PDFPageProxy): Promise<PageMarks> {
    const operators: Operators = await page.getOperatorList();
    if (operators.fnArray.length > MOST_INSTRUCTIONS) {
      throw new PdfRefusal("limit", `has more than ${MOST_INSTRUCTIONS} instructions on one page`);
    }
    const fonts = await this.#fonts.of(page, operators, pdfjs.OPS);
    const view = page.getViewport({ scale: 1 });
    const base = toMatrix(view.transform);
    const { width, height } = view;
    return interpretPage(operators, { ops: pdfjs.OPS, base, width, height, font: (id) => fonts.get(id) });
  }

  /** Why the page has to be recognised; undefined where it has not. */
  async #problem(
    loaded: LoadedPdfjs,
    number: number,
    marks: PageMarks,
    letters: number,
  ): Promise<string | undefined> {
    if (marks.unknown > letters * UNKNOWN_SHARE) {
      return `its letters cannot be told: no Unicode map in ${marks.unknownFonts.join(", ")}`;
    }
    if (letters >= FEW_LETTERS) return undefined;
    const covered = await this.#covered(loaded, number);
    if (letters === 0) return covered > 0 ? "it has pictures and no text" : undefined;
    if (covered < PICTURE_SHARE) return undefined;
    return `pictures cover ${Math.round(covered * 100)} % of it, and it has only ${letters} letters`;
  }

  /** The share of a page that pictures cover; they are decoded for it. */
  async #covered(loaded: LoadedPdfjs, number: number): Promise<number> {
    const document = await this.#forPictures();
    const page = await document.getPage(number);
    try {
      return (await this.#marks(loaded, page)).pictures;
    } finally {
      await this.#clean(page, document);
    }
  }

  async #clean(page: PDFPageProxy, document: PDFDocumentProxy): Promise<void> {
    page.cleanup();
    if (++this.#sinceCleaning < PAGES_BETWEEN_CLEANING) return;
    this.#sinceCleaning = 0;
    this.#fonts.clear();
    await document.cleanup();
  }

  #forText(): Promise<PDFDocumentProxy> {
    this.#text ??= this.#open(NO_PICTURES);
    return this.#text;
  }

  #forPictures(): Promise<PDFDocumentProxy> {
    this.#pictures ??= this.#open(this.#work.limits.pixels);
    return this.#pictures;
  }

  async #open(maxImageSize: number): Promise<PDFDocumentProxy> {
    const { pdfjs, folders } = await loadPdfjs();
    const { bytes, password } = this.#work;
    return pdfjs.getDocument({
      // PDF.js takes the bytes over, and they may be needed for a second opening.
      data: bytes.slice(),
      ...folders,
      ...(password === undefined ? {} : { password }),
      cMapPacked: true,
      disableFontFace: true,
      fontExtraProperties: true,
      useSystemFonts: false,
      isOffscreenCanvasSupported: false,
      isImageDecoderSupported: false,
      enableXfa: false,
      maxImageSize,
      canvasMaxAreaInBytes: this.#work.limits.pixels * 4,
      verbosity: pdfjs.VerbosityLevel.ERRORS,
    }).promise;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
