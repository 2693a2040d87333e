import type { DocumentPage } from "@millrace/core";
import type { StoredDocument } from "../store/stored-document.ts";

/** Draws the pages of a document for people. */
export type PagePictures = (document: StoredDocument) => Promise<readonly DocumentPage[]>;
