import { unlink } from "node:fs/promises";
import type { ReadContext } from "@millrace/core";
import type { DocumentStore } from "../store/store.ts";
import type { FolderName, StoredDocument } from "../store/stored-document.ts";
import { at, ownName } from "./claim.ts";
import { besideName } from "./file-name.ts";
import type { Folders } from "./folders.ts";
import { putAway, putBeside } from "./put-away.ts";

/** What stands beside a file that failed. */
const REASON_ENDING = ".reason.json";

/** Puts files of documents where they belong. What it cannot do at the moment it does when it is asked again. */
export class FileKeeper {
  readonly #store: DocumentStore;
  readonly #folders: Folders;
  readonly #log: ReadContext["log"];

  constructor(store: DocumentStore, folders: Folders, log: ReadContext["log"]) {
    this.#store = store;
    this.#folders = folders;
    this.#log = log;
  }

  /** Puts the file of a document that is over to the failed or the done ones. Never fails: see `settle`. */
  async putAway(id: string, hint?: string): Promise<void> {
    const document = this.#store.get(id);
    if (document === undefined) return;
    try {
      await this.#place(document, document.state === "duplicate" ? "done" : "failed", hint);
    } catch (error) {
      this.#log("warn", `${document.name} stays where it is for now: ${String(error)}`, { document: id });
    }
  }

  /** Puts away what a process that died, or a folder that was away, has left. */
  async settle(): Promise<void> {
    for (const { id } of this.#store.misplaced()) await this.putAway(id);
  }

  /** Puts the file of a document that landed to the done ones; true where it is there. */
  async archive(document: StoredDocument): Promise<Uint8Array> {
    return this.#place(document, "done");
  }

  async #place(document: StoredDocument, folder: FolderName, hint?: string): Promise<Uint8Array> {
    const file =
      document.folder === folder
        ? document.file
        : await putAway({
            from: at(this.#folders[document.folder], document.file),
            folder: this.#folders[folder],
            raw: ownName(document),
            id: document.id,
          });
    if (document.folder === "failed" && folder === "done") await this.#dropReason(document.file);
    this.#store.place(document.id, folder, file);
    if (folder === "failed")
      await putBeside(this.#folders.failed, file, REASON_ENDING, reasonOf(document, hint));
    return file;
  }

  async #dropReason(file: Uint8Array): Promise<void> {
    await unlink(at(this.#folders.failed, besideName(file, REASON_ENDING))).catch(() => undefined);
  }
}

function reasonOf(
  { id, name, stage, state, attempts, code, message, changed, sha256 }: StoredDocument,
  hint?: string,
): string {
  const reason = {
    document: id,
    file: name,
    sha256,
    state,
    stage,
    attempts,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    at: new Date(changed).toISOString(),
    again: `millrace documents reprocess ${id}`,
  };
  return `${JSON.stringify(reason, null, 2)}\n`;
}
