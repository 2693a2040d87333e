import { MillraceError } from "@millrace/core";
import { PdfDocument } from "../shared/document/pdf/pdf-document.ts";
import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { attachmentRows, documentRow, pageRow, wordRows } from "./document-rows.ts";
import type { ResolvedPdfOptions } from "./options.ts";
import { pagesAhead } from "./pages-ahead.ts";
import { pageNumbers } from "./page-numbers.ts";
import { TableRows } from "./table-rows.ts";

/** What reading takes besides the file: the options with the password itself. */
export type PdfReading = Omit<ResolvedPdfOptions, "password"> & { readonly password: string | undefined };

/** Rows of one PDF; pages are read one after the other and only a few of them are in memory. */
export async function* readPdf(
  file: OpenFile,
  options: PdfReading,
  context: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  if (file.size === 0 && options.allowEmpty) return;
  if (file.size > options.limits.bytes) throw tooLarge(file, options.limits.bytes);
  await file.hashAll(context.signal);
  const document = await PdfDocument.open({
    name: file.name,
    bytes: await file.at(0, file.size),
    limits: options.limits,
    password: options.password,
    signal: context.signal,
    layout: options.layout,
  });
  try {
    for await (const chunk of chunks(document, file, options)) yield* behind(chunk, context);
    file.bytesRead = file.size;
  } finally {
    await document.close();
  }
}

/** Rows with a mark behind which reading goes on, without those that were read before. */
function* behind(chunk: Counted, { from }: FormatContext): Generator<Chunk, void, void> {
  const before = from?.records ?? 0;
  const skip = Math.max(0, before - chunk.before);
  if (skip > 0 && skip >= chunk.rows.length) return;
  const rows = chunk.rows.slice(skip);
  yield {
    rows,
    bytes: chunk.bytes,
    mark: { records: chunk.before + chunk.rows.length },
    ...(chunk.page === undefined ? {} : { lines: rows.map(() => chunk.page ?? 1) }),
  };
}

/** Rows of a page with their count before. */
interface Counted {
  readonly rows: readonly Record<string, unknown>[];
  readonly before: number;
  readonly page?: number;
  readonly bytes: number;
}

async function* chunks(
  document: PdfDocument,
  file: OpenFile,
  options: PdfReading,
): AsyncGenerator<Counted, void, void> {
  const name = file.name;
  if (options.rows === "document") {
    yield { rows: [documentRow(name, document, await document.attachments())], before: 0, bytes: file.size };
    return;
  }
  if (options.rows === "attachment") {
    yield { rows: attachmentRows(name, await document.attachments()), before: 0, bytes: file.size };
    return;
  }
  const pages = pageNumbers(options.pages, document.pageCount);
  const perPage = file.size / Math.max(1, pages.length);
  const tables = new TableRows(name, options.tables);
  let before = 0;
  const counted = (rows: Counted["rows"], page?: number): Counted => {
    const chunk = { rows, before, bytes: perPage, ...(page === undefined ? {} : { page }) };
    before += rows.length;
    return chunk;
  };
  for await (const page of pagesAhead(document, pages)) {
    file.bytesRead = Math.min(file.size, Math.round(file.bytesRead + perPage));
    if (options.rows === "table") {
      yield counted(tables.ofPage(page), page.number);
    } else if (options.rows === "word") {
      yield counted(wordRows(name, page), page.number);
    } else {
      const image =
        options.imageDpi === undefined ? undefined : await document.image(page.number, options.imageDpi);
      yield counted([pageRow(name, page, image?.png)], page.number);
    }
  }
}

function tooLarge(file: OpenFile, bytes: number): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${file.name} has ${file.size} bytes, more than ${bytes}`, {
    hint: "Raise the option `limits.bytes` if that much is expected.",
    details: { file: file.name, bytes: file.size },
  });
}
