import type { PageText } from "../../shared/document/document-text.ts";
import type { OpenDocument } from "../../shared/document/open-document.ts";
import type { OcrOptions } from "../../shared/document/ocr/ocr-engine.ts";
import { recognisePage } from "../../shared/document/ocr/recognise.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";
import type { DocumentFacts, StageDocument } from "../stage-document.ts";
import type { StageContext } from "./define-stage.ts";
import { openFile } from "./open-file.ts";

/** Pixels per unit of a PDF page at the resolution that engines want; pictures have one. */
const PDF_SCALE = 300 / 72;
/** Of a pixel while a picture is drawn, prepared and recognised: its colours, and copies of them. */
const BYTES_PER_PIXEL = 12;
const MEGABYTE = 1024 ** 2;

/** What recognition is to do. */
export interface ReadPictures {
  readonly options: ResolvedDocumentsOptions;
  readonly ocr: OcrOptions;
  readonly context: StageContext;
}

/** Recognises the text of pages that have none, as many at a time as the limits of `pages` allow over all documents. */
export async function readPictures(document: StageDocument, given: ReadPictures): Promise<DocumentFacts> {
  const { text } = document;
  if (text === undefined) return {};
  const open = await openFile(document, given.options, given.context.signal);
  try {
    const read = await Promise.all(
      text.pages.map((page) => (page.needsOcr ? recognised(open, page, given) : { page, engine: undefined })),
    );
    const engines = [...new Set(read.flatMap(({ engine }) => engine ?? []))];
    return { text: { ...text, pages: read.map(({ page }) => page) }, notes: { ocr: engines } };
  } finally {
    await open.close();
  }
}

async function recognised(
  open: OpenDocument,
  before: PageText,
  { ocr, context }: ReadPictures,
): Promise<{ readonly page: PageText; readonly engine: string | undefined }> {
  const scale = open.kind === "pdf" ? PDF_SCALE : 1;
  const megabytes = (before.width * scale * before.height * scale * BYTES_PER_PIXEL) / MEGABYTE;
  const found = await context.page(megabytes, () =>
    recognisePage(open, before.number, { ...ocr, signal: context.signal }),
  );
  const { number, width, height, rotation, text, words } = found;
  return {
    page: { number, width, height, rotation, text, words, hasText: words.length > 0, needsOcr: false },
    engine: found.engine,
  };
}
