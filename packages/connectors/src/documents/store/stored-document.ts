import type { DocumentState } from "@millrace/core";

/** The folders that a file can be in; `elsewhere` is a duplicate's or a rejected document's. */
export type FolderName = "processing" | "done" | "failed";

/** A document in the store. */
export interface StoredDocument {
  readonly id: string;
  readonly name: string;
  /** The bytes of the name, where they are no UTF-8. */
  readonly raw: Uint8Array | null;
  readonly folder: FolderName;
  /** Bytes of the file's path in its folder. */
  readonly file: Uint8Array;
  readonly size: number;
  /** In ms since 1970. */
  readonly modified: number;
  readonly sha256: string | null;
  readonly type: string | null;
  readonly stage: string;
  readonly state: DocumentState;
  readonly attempts: number;
  readonly priority: number;
  readonly pages: number | null;
  readonly confidence: number | null;
  readonly received: number;
  readonly changed: number;
  readonly due: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly again: number;
  readonly accepted: number;
  readonly shown: number;
  readonly position: number | null;
  /** Values, lines, problems and places as JSON. */
  readonly fields: string | null;
}

/** A file that was claimed. */
export type NewDocument = Pick<
  StoredDocument,
  "id" | "name" | "raw" | "file" | "size" | "modified" | "priority" | "received"
>;
