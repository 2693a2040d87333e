import type { DocumentText, PageText } from "../document-text.ts";
import { textLines, type TextLine } from "../text-lines.ts";

/** A page as lines, from top to bottom. */
export interface PageLines {
  readonly page: PageText;
  readonly lines: readonly TextLine[];
}

/** The pages of a document as lines of words. */
export function pageLines(document: DocumentText): PageLines[] {
  return document.pages.map((page) => ({
    page,
    lines: textLines(page.words.map((word) => ({ ...word, direction: 0, spaceBehind: true }))),
  }));
}
