import { readFile } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import type { OpenDocument, OpenDocumentOptions } from "../../shared/document/open-document.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";

/** Opens the file of a document, with the first password that fits. Who opens it closes it. */
export async function openFile(
  file: { readonly path: Buffer; readonly name: string },
  options: ResolvedDocumentsOptions,
  signal?: AbortSignal,
): Promise<OpenDocument> {
  const given: OpenDocumentOptions = {
    name: file.name,
    limits: options.limits,
    ...(signal === undefined ? {} : { signal }),
  };
  const bytes = await readFile(file.path);
  return openText(bytes, given);
}

function openText(bytes: Uint8Array, { name = "document" }: OpenDocumentOptions): Promise<OpenDocument> {
  const text = Buffer.from(bytes).toString("utf8");
  const page = {
    number: 1,
    width: 0,
    height: 0,
    rotation: 0,
    text,
    words: [],
    hasText: true,
    needsOcr: false,
  };
  return Promise.resolve({
    kind: "text",
    pageCount: 1,
    metadata: {},
    page: () => Promise.resolve(page),
    image: () => Promise.reject(new MillraceError("MLR_ARGUMENT_INVALID", `${name} has no pages`)),
    attachments: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  });
}
