import type { DocumentText, PageText } from "./document-text.ts";
import type { OpenDocumentOptions } from "./open-document.ts";
import { openDocument } from "./open.ts";

/** Pages that are read ahead. */
const AHEAD = 2;

/** Reads a whole document as text; see `openDocument` for what can be read and how it fails. Pages that are pictures come without text: `recognise` them. */
export async function readDocument(
  input: Uint8Array | string,
  options: OpenDocumentOptions = {},
): Promise<DocumentText> {
  const document = await openDocument(input, options);
  try {
    const pages: PageText[] = [];
    const asked: Promise<PageText>[] = [];
    for (let number = 1; number <= document.pageCount; number++) {
      options.signal?.throwIfAborted();
      const page = document.page(number);
      page.catch(() => undefined);
      asked.push(page);
      if (asked.length > AHEAD) pages.push(await (asked.shift() as Promise<PageText>));
    }
    for (const page of asked) pages.push(await page);
    const { kind, metadata } = document;
    return { kind, pages, metadata, attachments: await document.attachments() };
  } finally {
    await document.close();
  }
}
