import type { DocumentText, PageText } from "../../shared/document/document-text.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";
import type { DocumentFacts, StageDocument } from "../stage-document.ts";
import type { StageContext } from "./define-stage.ts";
import { openFile } from "./open-file.ts";

/** Reads the text of a document, page by page. Fails as reading fails: damaged, locked, beyond its limits. */
export async function readText(
  document: StageDocument,
  { options, context }: { readonly options: ResolvedDocumentsOptions; readonly context: StageContext },
): Promise<DocumentFacts> {
  const open = await openFile(document, options, context.signal);
  try {
    const pages: PageText[] = [];
    for (let number = 1; number <= open.pageCount; number++) {
      context.signal.throwIfAborted();
      pages.push(kept(await open.page(number)));
    }
    const text: DocumentText = { kind: open.kind, pages, metadata: open.metadata, attachments: [] };
    return { text };
  } finally {
    await open.close();
  }
}

/** A page without what only its reader needs. */
function kept({
  number,
  width,
  height,
  rotation,
  text,
  words,
  hasText,
  needsOcr,
  problem,
}: PageText): PageText {
  const page = { number, width, height, rotation, text, words, hasText, needsOcr };
  return problem === undefined ? page : { ...page, problem };
}
