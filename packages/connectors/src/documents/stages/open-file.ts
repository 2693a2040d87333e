import { readFile } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import type { OpenDocument, OpenDocumentOptions } from "../../shared/document/open-document.ts";
import { openDocument } from "../../shared/document/open.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";

/** Opens the file of a document, with the first password that fits. Who opens it closes it. Fails as `openDocument` does. */
export async function openFile(
  { path, name }: { readonly path: Buffer; readonly name: string },
  { limits, passwords }: ResolvedDocumentsOptions,
  signal?: AbortSignal,
): Promise<OpenDocument> {
  const options: OpenDocumentOptions = { name, limits, ...(signal === undefined ? {} : { signal }) };
  const bytes = await readFile(path);
  // A reader may take its bytes for itself.
  const open = (password?: string): Promise<OpenDocument> =>
    openDocument(passwords.length === 0 ? bytes : Uint8Array.from(bytes), {
      ...options,
      ...(password === undefined ? {} : { password }),
    });
  let failure: unknown;
  for (const password of [undefined, ...passwords]) {
    try {
      return await open(password);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "MLR_SOURCE_DENIED") throw error;
      failure = error;
    }
  }
  throw failure;
}
