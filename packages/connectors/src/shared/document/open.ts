import { open as openFile } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { decodeText, formatError } from "./decode-text.ts";
import { detectKind } from "./detect-kind.ts";
import { documentLimits } from "./document-limits.ts";
import { emailDocument } from "./email-document.ts";
import { FixedDocument } from "./fixed-document.ts";
import { htmlDocument } from "./html-document.ts";
import { docxDocument } from "./office/docx-document.ts";
import type { OpenDocument, OpenDocumentOptions } from "./open-document.ts";
import { PdfDocument } from "./pdf/pdf-document.ts";
import { PictureDocument } from "./picture/picture-document.ts";
import { textPage } from "./text-pages.ts";

/**
 * Opens a document, a path or its bytes: PDF, Word (.docx), HTML, a message (.eml), plain text, TIFF, PNG or JPEG. What it
 * contains decides, not its name. Who opens it closes it. Fails with MLR_SOURCE_FORMAT where it is none of these or damaged,
 * MLR_SOURCE_DENIED where a password is missing, MLR_SOURCE_LIMIT beyond a limit, MLR_SOURCE_NOT_FOUND, MLR_DRIVER_MISSING.
 */
export async function openDocument(
  input: Uint8Array | string,
  options: OpenDocumentOptions = {},
): Promise<OpenDocument> {
  const limits = documentLimits.parse(options.limits ?? {});
  const name = options.name ?? (typeof input === "string" ? input : "document");
  options.signal?.throwIfAborted();
  const bytes = typeof input === "string" ? await readWhole(input, name, limits.bytes) : input;
  if (bytes.length > limits.bytes) throw tooLarge(name, bytes.length, limits.bytes);
  if (bytes.length === 0) throw formatError(name, "is empty", "Copy or download it again.");
  const kind = detectKind(bytes, options.contentType);
  switch (kind) {
    case "pdf":
      return PdfDocument.open({ name, bytes, limits, password: options.password, signal: options.signal });
    case "png":
    case "jpeg":
    case "tiff":
      return PictureDocument.open({ name, kind, bytes, limits });
    case "zip":
    case "docx":
      return docxDocument(name, bytes, limits);
    case "email":
      return emailDocument(name, bytes);
    case "html":
      return htmlDocument(name, bytes);
    case "text":
      return new FixedDocument({ kind, name, page: textPage(decodeText(bytes)) });
    case "ole":
      throw formatError(
        name,
        "is an old Office file (.doc, .xls), or one with a password",
        "Save it as .docx or PDF without a password.",
      );
    default:
      throw formatError(
        name,
        "is no document that can be read",
        "PDF, .docx, HTML, .eml, text, TIFF, PNG and JPEG can.",
      );
  }
}

async function readWhole(path: string, name: string, most: number): Promise<Uint8Array> {
  let file;
  try {
    file = await openFile(path, "r");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const details = { file: name };
    if (code === "ENOENT") {
      throw new MillraceError("MLR_SOURCE_NOT_FOUND", `${name} does not exist`, {
        hint: "Check the path.",
        details,
        cause,
      });
    }
    throw new MillraceError("MLR_SOURCE_FAILED", `${name} cannot be opened`, {
      hint: "May this user read it?",
      details,
      cause,
    });
  }
  try {
    const { size } = await file.stat();
    if (size > most) throw tooLarge(name, size, most);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function tooLarge(name: string, bytes: number, most: number): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${name} has ${bytes} bytes, more than ${most}`, {
    hint: "Raise the option `limits.bytes` if that much is expected.",
    details: { file: name, bytes },
  });
}
