import type { DocumentKind } from "./document-text.ts";

/** What a file is by its first bytes: a kind of document, or a form that has to be looked into or refused. */
export type DetectedKind = DocumentKind | "zip" | "ole" | "unknown";

/** How much of the beginning is looked at. */
const HEAD = 4_096;

const SIGNATURES: readonly (readonly [string, DetectedKind])[] = [
  ["\u0089PNG\r\n", "png"],
  ["\u00ff\u00d8\u00ff", "jpeg"],
  ["II*\u0000", "tiff"],
  ["MM\u0000*", "tiff"],
  ["II+\u0000", "tiff"],
  ["MM\u0000+", "tiff"],
  ["PK\u0003\u0004", "zip"],
  ["\u00d0\u00cf\u0011\u00e0", "ole"],
];

/** Headers of which a message has at least one in its first lines. */
const MAIL_HEADER =
  /^(received|from|to|subject|date|message-id|mime-version|return-path|delivered-to|dkim-signature):/im;

/** What a document is. What it contains decides, not what its name or its sender says; those only tell texts apart. */
export function detectKind(bytes: Uint8Array, contentType?: string): DetectedKind {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEAD));
  const raw = head.toString("latin1");
  const signature = SIGNATURES.find(([start]) => raw.startsWith(start));
  if (signature !== undefined) return signature[1];
  // Some programs put something before the header, and readers accept it.
  if (raw.slice(0, 1_024).includes("%PDF-")) return "pdf";
  if (raw.includes("\u0000") && !/^(\u00ff\u00fe|\u00fe\u00ff)/.test(raw)) return "unknown";
  return textKind(raw, contentType?.toLowerCase() ?? "");
}

function textKind(raw: string, contentType: string): DocumentKind {
  if (contentType.startsWith("message/rfc822")) return "email";
  const text = raw.replace(/^\u00ef\u00bb\u00bf/, "").trimStart();
  if (/^<(!doctype\s+html|html|head|body|table|div|p|meta)\b/i.test(text)) return "html";
  if (/^(From [^\n]*\n)?[A-Za-z][\w-]*:[ \t]?[^\n]*\r?\n([ \t][^\n]*\n|[A-Za-z][\w-]*:)/.test(text)) {
    const [header = ""] = text.split(/\r?\n\r?\n/, 1);
    if (MAIL_HEADER.test(header) && (header.match(/^[A-Za-z][\w-]*:/gm)?.length ?? 0) >= 2) return "email";
  }
  if (/^<\?xml[^>]*\?>\s*(<!doctype html|<html)/i.test(text)) return "html";
  return contentType.startsWith("text/html") ? "html" : "text";
}
