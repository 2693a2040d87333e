import path from "node:path";
import {
  type Clock,
  type Json,
  type Message,
  MillraceError,
  type ReadContext,
  type Receipt,
  type Source,
  type SourceCommand,
} from "@millrace/core";
import { settleClaims, takeOver } from "./folder/claim.ts";
import { FileKeeper } from "./folder/file-keeper.ts";
import { claimFolder, type Folders, foldersOf, makeFolders } from "./folder/folders.ts";
import { Archiver } from "./landing/archiver.ts";
import { Teller } from "./landing/teller.ts";
import type { ResolvedDocumentsOptions } from "./options.ts";
import type { DocumentsState } from "./read-documents.ts";
import { Reviews } from "./review/reviews.ts";
import { StageOrder } from "./stages/stage-order.ts";
import { standardStages } from "./stages/standard-stages.ts";
import { storePath } from "./store/store-path.ts";
import { DocumentStore } from "./store/store.ts";

const SLICE = "documents";

/** Makes the source. Options are checked at once; what does the work is loaded when it is read. */
export function documentsSource(options: ResolvedDocumentsOptions, clock: Clock): Source {
  const order = new StageOrder(options.stages, standardStages(options));
  let open: OpenDocuments | undefined;
  return {
    kind: "documents",
    keyed: options.rows === undefined,
    endless: options.watch,
    async *read(context) {
      if (context.signal.aborted) return;
      refuseParts(context);
      open ??= await OpenDocuments.open({ options, order, context, clock });
      yield* open.messages(context);
    },
    committed: (receipts) => open?.committed(receipts),
    control: async (command) => control(open, command),
    async close() {
      await open?.close();
      open = undefined;
    },
  };
}

/** What a run has open from its first reading to its end. */
class OpenDocuments {
  readonly #given: Given;
  readonly #store: DocumentStore;
  readonly #folders: Folders;
  readonly #keeper: FileKeeper;
  readonly #archiver: Archiver;
  readonly #teller: Teller | undefined;
  readonly #telling = new AbortController();
  readonly #told: Promise<void>;
  readonly reviews: Reviews;
  #wake: (() => void) | undefined;

  constructor(given: Given, store: DocumentStore, folders: Folders) {
    const { options, order, context, clock } = given;
    const { log } = context;
    this.#given = given;
    this.#store = store;
    this.#folders = folders;
    this.#keeper = new FileKeeper(store, folders, log);
    this.#archiver = new Archiver({ store, keeper: this.#keeper, clock, log });
    const ledger = context.documents;
    this.#teller = ledger === undefined ? undefined : new Teller({ store, folders, ledger, clock, log });
    this.#told = this.#teller?.run(this.#telling.signal) ?? Promise.resolve();
    // Awaited when it is closed.
    this.#told.catch(() => undefined);
    this.reviews = new Reviews({
      store,
      order,
      keeper: this.#keeper,
      ledger,
      clock,
      log,
      pictures: async (document) => {
        const { drawPages } = await import("./review/draw-pages.ts");
        return drawPages(document, { folders, options });
      },
    });
  }

  static async open(given: Given): Promise<OpenDocuments> {
    const { options, context } = given;
    const store = new DocumentStore(storePath(context, options.folder));
    try {
      const folders = foldersOf(options, context, store.id);
      await makeFolders(folders);
      await settleClaims({ store, folders, log: context.log });
      return new OpenDocuments(given, store, folders);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  async *messages(context: ReadContext): AsyncGenerator<Message, void, void> {
    const { options, order, clock } = this.#given;
    await this.#recover(context);
    const { Reading } = await import("./read-documents.ts");
    const reading = new Reading({
      options,
      order,
      context,
      clock,
      store: this.#store,
      folders: this.#folders,
      keeper: this.#keeper,
      reviews: this.reviews,
    });
    this.#wake = () => reading.wake();
    try {
      yield* reading.messages();
    } finally {
      this.#wake = undefined;
    }
  }

  /** What the destination holds decides what has landed. */
  async #recover(context: ReadContext): Promise<void> {
    const { clock, order } = this.#given;
    const state = context.checkpoints.get(SLICE) as DocumentsState | undefined;
    if (state?.store === this.#store.id) this.#store.land(state.position, clock.now());
    else if (state !== undefined) await this.#takeOver(state, context);
    await this.#keeper.settle();
    await this.#archiver.settled();
    if (!context.full) return;
    for (const id of this.#store.landedIds()) {
      this.#store.forget(
        id,
        order.from("classified").filter((name) => name !== "landed"),
      );
      this.#store.end({
        id,
        stage: "classified",
        outcome: "reprocess",
        at: clock.now(),
        ms: 0,
        attempt: 1,
        message: "everything is read again",
        now: { state: "waiting", stage: "classified", attempts: 0, again: 1, accepted: 0 },
      });
    }
  }

  async #takeOver(state: DocumentsState, context: ReadContext): Promise<void> {
    const folder = path.join(this.#folders.claims, claimFolder(context.pipeline, state.store));
    await takeOver(state, folder, { folders: this.#folders, log: context.log });
  }

  committed(receipts: readonly Receipt[]): void {
    for (const { slice, state } of receipts) {
      if (slice !== SLICE) continue;
      const { store, position } = state as unknown as DocumentsState;
      if (store !== this.#store.id) continue;
      this.#store.land(position, this.#given.clock.now());
      this.#archiver.wake();
    }
  }

  /** Looks for decisions at once. */
  async look(): Promise<void> {
    if (await this.reviews.round()) this.#wake?.();
  }

  async close(): Promise<void> {
    try {
      await this.#archiver.settled();
      await this.reviews.show().catch(() => undefined);
      this.#telling.abort();
      await this.#told;
      await this.#teller?.flush();
    } finally {
      this.#store.close();
    }
  }
}

interface Given {
  readonly options: ResolvedDocumentsOptions;
  readonly order: StageOrder;
  readonly context: ReadContext;
  readonly clock: Clock;
}

async function control(open: OpenDocuments | undefined, { name }: SourceCommand): Promise<Json> {
  if (name !== "look") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `documents() does not know the command "${name}"`, {
      hint: "It knows `look`: look for decisions at once.",
    });
  }
  await open?.look();
  return null;
}

/** Files that are taken out of a folder are all to land, and once. */
function refuseParts({ limit, since, partition }: ReadContext): void {
  const asked =
    limit !== undefined
      ? "--limit"
      : since !== undefined
        ? "--since"
        : partition !== undefined
          ? "a partition"
          : undefined;
  if (asked === undefined) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `documents() cannot be read in part: ${asked}`, {
    hint: "Every document lands once. `include` chooses files; `millrace documents reprocess` does one again.",
  });
}
