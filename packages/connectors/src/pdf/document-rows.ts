import type { Row } from "@millrace/core";
import type { Attachment, PageText } from "../shared/document/document-text.ts";
import type { PdfDocument } from "../shared/document/pdf/pdf-document.ts";

/** One page as a row. */
export function pageRow(file: string, page: PageText, image: Uint8Array | undefined): Row {
  return {
    file,
    page: page.number,
    text: page.text,
    width: page.width,
    height: page.height,
    rotation: page.rotation,
    words: page.words.length,
    has_text: page.hasText,
    needs_ocr: page.needsOcr,
    problem: page.problem ?? null,
    ...(image === undefined ? {} : { image }),
  };
}

/** The words of a page as rows, in reading order. */
export function wordRows(file: string, page: PageText): Row[] {
  return page.words.map(({ text, x0, y0, x1, y1 }, index) => ({
    file,
    page: page.number,
    word: index + 1,
    text,
    x0,
    y0,
    x1,
    y1,
  }));
}

/** What a document says of itself as a row. */
export function documentRow(file: string, document: PdfDocument, attachments: readonly Attachment[]): Row {
  const form: Record<string, string> = {};
  const { title, author, subject, created, modified, ...rest } = document.metadata;
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (name.startsWith("form.")) form[name.slice("form.".length)] = value;
    else metadata[name] = value;
  }
  return {
    file,
    pages: document.pageCount,
    title: title ?? null,
    author: author ?? null,
    subject: subject ?? null,
    created: created ?? null,
    modified: modified ?? null,
    form,
    metadata,
    attachments: attachments.map(({ name }) => name),
  };
}

/** The files inside a document as rows. */
export function attachmentRows(file: string, attachments: readonly Attachment[]): Row[] {
  return attachments.map(({ name, content, contentType }, index) => ({
    file,
    attachment: index + 1,
    name,
    content_type: contentType ?? null,
    bytes: content.length,
    content,
  }));
}
