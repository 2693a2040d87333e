import path from "node:path";
import type { DocumentRecord, Json } from "@millrace/core";
import { shownName } from "../folder/file-name.ts";
import type { Folders } from "../folder/folders.ts";
import type { StoredDocument } from "../store/stored-document.ts";

/** How a document stands, for whoever looks at it. */
export function documentRecord(document: StoredDocument, folders: Folders): DocumentRecord {
  const { id, name, type, stage, state, attempts, size, sha256, priority, pages, confidence } = document;
  const folder = path.relative(folders.base, folders[document.folder]).replaceAll("\\", "/");
  return {
    id,
    name,
    type,
    stage,
    state,
    attempts,
    bytes: size,
    sha256,
    priority,
    pages,
    confidence,
    file: `${folder}/${shownName(document.file)}`,
    receivedAt: new Date(document.received).toISOString(),
    changedAt: new Date(document.changed).toISOString(),
    error: document.code === null ? null : { code: document.code, message: document.message ?? "" },
    fields: document.fields === null ? null : (JSON.parse(document.fields) as Json),
  };
}
