import type { DocumentPage } from "@millrace/core";
import { at } from "../folder/claim.ts";
import type { Folders } from "../folder/folders.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";
import { openFile } from "../stages/open-file.ts";
import type { StoredDocument } from "../store/stored-document.ts";

/** Of longer documents the first pages are shown. */
const MOST_PAGES = 20;
/** Sharp enough to be read on a screen. */
const DPI = 110;

/** Draws the pages of a document for people to look at: with `sharp` smaller, where it is installed. */
export async function drawPages(
  document: StoredDocument,
  { folders, options }: { readonly folders: Folders; readonly options: ResolvedDocumentsOptions },
): Promise<readonly DocumentPage[]> {
  const open = await openFile(
    { path: at(folders[document.folder], document.file), name: document.name },
    options,
  );
  try {
    const pages: DocumentPage[] = [];
    for (let number = 1; number <= Math.min(open.pageCount, MOST_PAGES); number++) {
      const { width, height } = await open.page(number);
      // Formats without places, such as HTML, have no picture.
      if (width === 0 || height === 0) continue;
      const { png } = await open.image(number, DPI);
      pages.push({ document: document.id, page: number, width, height, ...(await smaller(png)) });
    }
    return pages;
  } finally {
    await open.close();
  }
}

const WIDEST = 1_600;

async function smaller(png: Uint8Array): Promise<Pick<DocumentPage, "contentType" | "image">> {
  try {
    const { default: sharp } = await import("sharp");
    const image = await sharp(png)
      .resize({ width: WIDEST, withoutEnlargement: true })
      .webp({ quality: 75 })
      .toBuffer();
    return { contentType: "image/webp", image };
  } catch {
    return { contentType: "image/png", image: png };
  }
}
