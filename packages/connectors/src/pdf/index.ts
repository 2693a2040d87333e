import { parseOptions, resolveSecrets, type ReadContext, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { pdfOptions, type PdfOptions, type ResolvedPdfOptions } from "./options.ts";

export type { PdfOptions } from "./options.ts";

/**
 * Rows of PDF documents: pages with their text, words with their boxes, rows of tables, or the document's metadata, form
 * and attachments. Each page says whether it has text or has to be recognised. Documents of any length are read page by
 * page, in bounded memory. Needs the package pdfjs-dist. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example pdf({ path: "statements/*.pdf", rows: "table", tables: { having: ["Date", "Amount"] } })
 */
export function pdf(options: PdfOptions): Source {
  const resolved = parseOptions(pdfOptions, options, "pdf()");
  return {
    kind: "pdf",
    async *read(context) {
      yield* reading(resolved, context).read(context);
    },
  };
}

function reading(options: ResolvedPdfOptions, context: ReadContext): Source {
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, ...own } = options;
  // A limit or a password does not change what comes out.
  const { limits: _limits, password, ...decisive } = own;
  return fileSource({
    kind: "pdf",
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: decisive.rows === "table" ? { untyped: true } : {},
    grows: false,
    async *read(file, format) {
      const { readPdf } = await import("./read-pdf.ts");
      yield* readPdf(file, { ...options, password: await resolveSecrets(password, context) }, format);
    },
  });
}
