import type { Clock, DocumentLedger, ReadContext } from "@millrace/core";
import type { FileKeeper } from "../folder/file-keeper.ts";
import type { StageOrder } from "../stages/stage-order.ts";
import type { DocumentStore } from "../store/store.ts";
import type { StoredDocument } from "../store/stored-document.ts";
import { followDecision } from "./follow-decision.ts";
import type { PagePictures } from "./page-pictures.ts";

const EVERY_MS = 1_000;

/** What reviews need. */
export interface ReviewsGiven {
  readonly store: DocumentStore;
  readonly order: StageOrder;
  readonly keeper: FileKeeper;
  readonly ledger: DocumentLedger | undefined;
  readonly pictures: PagePictures;
  readonly clock: Clock;
  readonly log: ReadContext["log"];
}

/** What people are shown of documents, and what they decide. */
export class Reviews {
  readonly #given: ReviewsGiven;
  #wake = Promise.withResolvers<void>();
  #failing = false;

  constructor(given: ReviewsGiven) {
    this.#given = given;
  }

  /** Asks for decisions and shows pages until the signal is aborted. @param followed is called where a document goes on */
  async run(signal: AbortSignal, followed: () => void): Promise<void> {
    const { ledger, clock } = this.#given;
    if (ledger === undefined) return;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      if (await this.round()) followed();
      await Promise.race([this.#wake.promise, clock.sleep(EVERY_MS, signal)]);
    }
  }

  /** Asks at once. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Follows what was decided, and shows what waits; true: a decision was followed. */
  async round(): Promise<boolean> {
    const { ledger, log } = this.#given;
    if (ledger === undefined) return false;
    try {
      const followed = await this.#follow(ledger);
      await this.show();
      this.#failing = false;
      return followed;
    } catch (error) {
      if (!this.#failing) log("warn", `decisions about documents are asked for later: ${String(error)}`);
      this.#failing = true;
      return false;
    }
  }

  /** Shows the pages of documents that wait for a person. */
  async show(): Promise<void> {
    const { store, ledger, pictures, log } = this.#given;
    if (ledger === undefined) return;
    for (let found = store.unshown(10); found.length > 0; found = store.unshown(10)) {
      for (const document of found) {
        await this.#showOne(document, ledger, pictures).catch((error: unknown) => {
          if (this.#failing) throw error;
          log("warn", `the pages of ${document.name} cannot be shown: ${String(error)}`, {
            document: document.id,
          });
        });
        store.shown(document.id);
      }
    }
  }

  async #showOne(document: StoredDocument, ledger: DocumentLedger, pictures: PagePictures): Promise<void> {
    const pages = await pictures(document);
    if (pages.length > 0) await ledger.show(document.id, pages);
  }

  async #follow(ledger: DocumentLedger): Promise<boolean> {
    const { store, order, keeper, clock } = this.#given;
    const decisions = await ledger.decisions();
    if (decisions.length === 0) return false;
    const outcomes = decisions.map((decision) =>
      followDecision(decision, { store, order, now: clock.now() }),
    );
    for (const { document } of decisions)
      if (store.get(document)?.state === "rejected") await keeper.putAway(document);
    await ledger.answer(outcomes);
    return outcomes.some(({ refused }) => refused === undefined);
  }
}
