import type { Clock, DocumentLedger, ReadContext } from "@millrace/core";
import type { Folders } from "../folder/folders.ts";
import type { DocumentStore } from "../store/store.ts";
import { documentRecord } from "./document-record.ts";

/** Transitions that are told together. */
const GROUP = 1_000;
/** How often is told at most. */
const EVERY_MS = 250;
const AGAIN_MS = 5_000;

/**
 * Tells a ledger everything that happens to documents, in order. What was told is noted, so that nothing is left out,
 * whatever goes away in between. Tells nobody where there is no ledger.
 */
export class Teller {
  readonly #store: DocumentStore;
  readonly #folders: Folders;
  readonly #ledger: DocumentLedger;
  readonly #clock: Clock;
  readonly #log: ReadContext["log"];
  #failing = false;

  constructor(given: {
    store: DocumentStore;
    folders: Folders;
    ledger: DocumentLedger;
    clock: Clock;
    log: ReadContext["log"];
  }) {
    this.#store = given.store;
    this.#folders = given.folders;
    this.#ledger = given.ledger;
    this.#clock = given.clock;
    this.#log = given.log;
  }

  /** Tells until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const more = await this.#tell();
      if (more === "more") continue;
      await this.#clock.sleep(more === "failed" ? AGAIN_MS : EVERY_MS, signal);
    }
  }

  /** Tells what there is; gives up where the ledger is away. */
  async flush(): Promise<void> {
    for (;;) if ((await this.#tell()) !== "more") return;
  }

  async #tell(): Promise<"more" | "told" | "failed"> {
    const transitions = this.#store.untold(GROUP);
    const last = transitions.at(-1);
    if (last === undefined) return "told";
    const ids = [...new Set(transitions.map(({ document }) => document))];
    const documents = ids.flatMap((id) => {
      const document = this.#store.get(id);
      return document === undefined ? [] : [documentRecord(document, this.#folders)];
    });
    try {
      await this.#ledger.tell({ documents, transitions });
    } catch (error) {
      if (!this.#failing) this.#log("warn", `what became of documents is told later: ${String(error)}`);
      this.#failing = true;
      return "failed";
    }
    this.#failing = false;
    this.#store.told(last.number);
    return transitions.length === GROUP ? "more" : "told";
  }
}
