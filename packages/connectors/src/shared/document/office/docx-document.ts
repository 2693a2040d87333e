import type { Attachment } from "../document-text.ts";
import type { ResolvedDocumentLimits } from "../document-limits.ts";
import { formatError } from "../decode-text.ts";
import { FixedDocument } from "../fixed-document.ts";
import { textPage } from "../text-pages.ts";
import { coreProperties } from "./core-properties.ts";
import { docxText } from "./docx-text.ts";
import { PackedParts } from "./unpack.ts";

/** A Word document (.docx): headers, text with tables, notes and footers, in this order. */
export async function docxDocument(
  name: string,
  bytes: Uint8Array,
  limits: ResolvedDocumentLimits,
): Promise<FixedDocument> {
  const parts = await PackedParts.open(name, bytes, limits);
  const main = await parts.bytes("word/document.xml");
  if (main === undefined) {
    throw formatError(
      name,
      "is a ZIP archive and no Word document",
      "Read workbooks with excel(…); unpack archives first.",
    );
  }
  const texts: string[] = [];
  for (const member of inOrder(parts.names())) {
    const xml = member === "word/document.xml" ? main : await parts.bytes(member);
    if (xml === undefined) continue;
    const text = docxText(xml.toString("utf8"), name).trim();
    // Headers of first, odd and even pages mostly say the same.
    if (text !== "" && !texts.includes(text)) texts.push(text);
  }
  const core = await parts.bytes("docProps/core.xml");
  return new FixedDocument({
    kind: "docx",
    name,
    page: textPage(texts.join("\n")),
    metadata: core === undefined ? {} : coreProperties(core.toString("utf8"), name),
    attachments: await embedded(parts),
  });
}

/** Members with text: headers, the text itself, notes, footers. */
function inOrder(names: readonly string[]): string[] {
  const pick = (pattern: RegExp): string[] => names.filter((name) => pattern.test(name)).sort();
  return [
    ...pick(/^word\/header\d*\.xml$/),
    "word/document.xml",
    ...pick(/^word\/(footnotes|endnotes)\.xml$/),
    ...pick(/^word\/footer\d*\.xml$/),
  ];
}

async function embedded(parts: PackedParts): Promise<Attachment[]> {
  const attachments: Attachment[] = [];
  for (const member of parts.names()) {
    if (!/^word\/(embeddings|media)\/[^/]+$/.test(member)) continue;
    const content = await parts.bytes(member);
    if (content !== undefined) attachments.push({ name: member.slice(member.lastIndexOf("/") + 1), content });
  }
  return attachments;
}
