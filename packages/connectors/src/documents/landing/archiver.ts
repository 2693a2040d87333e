import type { Clock, ReadContext } from "@millrace/core";
import type { FileKeeper } from "../folder/file-keeper.ts";
import type { DocumentStore } from "../store/store.ts";
import type { StoredDocument } from "../store/stored-document.ts";

/** Files that are moved at the same time. */
const TOGETHER = 16;
const GROUP = 200;

/** Puts away the files of what has landed, beside everything else that goes on. */
export class Archiver {
  readonly #store: DocumentStore;
  readonly #keeper: FileKeeper;
  readonly #clock: Clock;
  readonly #log: ReadContext["log"];
  #working: Promise<void> | undefined;
  #again = false;

  constructor({
    store,
    keeper,
    clock,
    log,
  }: {
    store: DocumentStore;
    keeper: FileKeeper;
    clock: Clock;
    log: ReadContext["log"];
  }) {
    this.#store = store;
    this.#keeper = keeper;
    this.#clock = clock;
    this.#log = log;
  }

  /** Says that documents have landed. */
  wake(): void {
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves when all that can be put away is. */
  async settled(): Promise<void> {
    this.wake();
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (;;) {
        const found = this.#store.unarchived(GROUP);
        let moved = 0;
        for (let start = 0; start < found.length; start += TOGETHER) {
          const done = await Promise.all(
            found.slice(start, start + TOGETHER).map((each) => this.#archive(each)),
          );
          moved += done.filter(Boolean).length;
        }
        // What cannot be moved now is tried again when more has landed.
        if (found.length < GROUP || moved === 0) break;
      }
    }
  }

  async #archive(document: StoredDocument): Promise<boolean> {
    const started = this.#clock.monotonic();
    try {
      const file = await this.#keeper.archive(document);
      this.#store.end({
        id: document.id,
        stage: "archived",
        outcome: "done",
        at: this.#clock.now(),
        ms: Math.round((this.#clock.monotonic() - started) * 1_000) / 1_000,
        attempt: 1,
        now: {
          state: "done",
          stage: "archived",
          folder: "done",
          file,
          position: null,
          again: 1,
          attempts: 0,
        },
      });
      return true;
    } catch (error) {
      this.#log("warn", `${document.name} has landed, but its file cannot be put away: ${String(error)}`, {
        document: document.id,
      });
      return false;
    }
  }
}
