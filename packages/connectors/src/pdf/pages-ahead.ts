import type { PdfDocument } from "../shared/document/pdf/pdf-document.ts";
import type { PdfPage } from "../shared/document/pdf/pdf-messages.ts";

/** Pages that the thread reads while an earlier one is worked on. */
const AHEAD = 2;

/** Pages in order, the next ones asked for ahead. */
export async function* pagesAhead(
  document: PdfDocument,
  numbers: readonly number[],
): AsyncGenerator<PdfPage, void, void> {
  const asked: Promise<PdfPage>[] = [];
  for (const number of numbers) {
    const page = document.page(number);
    // One that is not wanted any more must not end as an unhandled rejection.
    page.catch(() => undefined);
    asked.push(page);
    if (asked.length > AHEAD) yield await (asked.shift() as Promise<PdfPage>);
  }
  for (const page of asked) yield await page;
}
