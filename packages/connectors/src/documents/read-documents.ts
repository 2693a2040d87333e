import { type Clock, type Json, type Message, orderedUuid, type ReadContext } from "@millrace/core";
import { toMs } from "../shared/http/duration.ts";
import { claim, type Claim, type ClaimContext } from "./folder/claim.ts";
import type { Folders } from "./folder/folders.ts";
import type { FileKeeper } from "./folder/file-keeper.ts";
import { Inbox, type StableFile } from "./folder/inbox.ts";
import { outboxMessages } from "./landing/outbox-messages.ts";
import type { ResolvedDocumentsOptions } from "./options.ts";
import type { Reviews } from "./review/reviews.ts";
import type { StageOrder } from "./stages/stage-order.ts";
import { Work } from "./stages/work.ts";
import type { DocumentStore } from "./store/store.ts";

const SLICE = "documents";
/** Documents whose rows go out together. */
const GROUP = 200;
/** How long fewer are waited for. */
const GATHER_MS = 20;
const STATUS_MS = 1_000;
const PRUNE_MS = 60_000;
const PRUNED_TOGETHER = 200;
/** While files wait to be taken, the inbox is looked at less often. */
const BUSY_POLLS = 5;

/** State in the destination. */
export interface DocumentsState {
  /** Id of the store. */
  readonly store: string;
  readonly position: number;
  /** Documents that landed, and whose files may not be put away yet. */
  readonly landed: readonly string[];
}

/** What documents are read with. */
export interface DocumentsReading {
  readonly options: ResolvedDocumentsOptions;
  readonly order: StageOrder;
  readonly store: DocumentStore;
  readonly folders: Folders;
  readonly keeper: FileKeeper;
  readonly context: ReadContext;
  readonly clock: Clock;
  readonly reviews: Reviews;
}

/** Takes documents from the inbox through their stages, and gives what they come to as messages. */
export class Reading {
  readonly #r: DocumentsReading;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #inbox: Inbox;
  readonly #work: Work;
  readonly #claims: ClaimContext;
  readonly #declared = new Set<string>();
  #ready: StableFile[] = [];
  #position: number;
  #changed = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  #over = false;
  #problem: string | undefined;
  #taken = 0;

  constructor(reading: DocumentsReading) {
    this.#r = reading;
    const { options, folders, clock, context, store } = reading;
    this.#signal = AbortSignal.any([context.signal, this.#end.signal]);
    this.#position = store.landed;
    this.#claims = { store, folders, log: context.log };
    this.#inbox = new Inbox({
      folder: folders.inbox,
      include: [options.include].flat(),
      exclude: options.exclude === undefined ? [] : [options.exclude].flat(),
      recursive: options.recursive,
      stableMs: toMs(options.stableFor),
      clock,
    });
    this.#work = new Work({
      ...reading,
      signal: this.#signal,
      changed: () => {
        this.#changed.resolve();
        this.#room.resolve();
      },
    });
  }

  /** Looks for decisions and for work at once. */
  wake(): void {
    this.#work.wake();
    this.#room.resolve();
  }

  async *messages(): AsyncGenerator<Message, void, void> {
    const { context } = this.#r;
    const work = Promise.all([
      this.#work.run(),
      this.#watch(),
      this.#r.reviews.run(this.#signal, () => this.wake()),
    ]).finally(() => {
      this.#over = true;
      this.#end.abort();
      this.#changed.resolve();
    });
    // It is awaited below; until then a failure is none that nobody takes.
    work.catch(() => undefined);
    try {
      yield* this.#outbox();
      if (!context.signal.aborted) await work;
    } finally {
      this.#end.abort();
      await work.catch(() => undefined);
      context.status?.("documents", this.#status());
    }
  }

  async *#outbox(): AsyncGenerator<Message, void, void> {
    const { context, clock, store } = this.#r;
    let toldAt = Number.NEGATIVE_INFINITY;
    for (;;) {
      const over = this.#over;
      this.#changed = Promise.withResolvers<void>();
      const entries = store.outbox(this.#position, GROUP);
      const last = entries.at(-1);
      if (last !== undefined) {
        store.sync(last.position);
        yield* outboxMessages(entries, { slice: SLICE, declared: this.#declared });
        this.#position = last.position;
        yield this.#checkpoint();
      }
      if (context.signal.aborted) return;
      if (clock.monotonic() - toldAt >= STATUS_MS) {
        toldAt = clock.monotonic();
        context.status?.("documents", this.#status());
      }
      if (entries.length === GROUP) continue;
      if (over) return;
      if (this.#signal.aborted) {
        // A sleep would be over at once, and the work that ends would never have its turn.
        await this.#changed.promise;
        continue;
      }
      await Promise.race([this.#changed.promise, clock.sleep(STATUS_MS, this.#signal)]);
      if (!this.#over) await clock.sleep(GATHER_MS, this.#signal);
    }
  }

  #checkpoint(): Message {
    const { store } = this.#r;
    const state: DocumentsState = {
      store: store.id,
      position: this.#position,
      landed: store.sent(this.#position),
    };
    return { type: "checkpoint", slice: SLICE, state: state as unknown as Json };
  }

  /** Looks at the inbox and takes what is there, until it is over. */
  async #watch(): Promise<void> {
    const { options, clock } = this.#r;
    const pollMs = toMs(options.poll);
    let lookedAt = Number.NEGATIVE_INFINITY;
    let prunedAt = clock.monotonic();
    while (!this.#signal.aborted) {
      const since = clock.monotonic() - lookedAt;
      if (this.#ready.length === 0 ? since >= pollMs : since >= pollMs * BUSY_POLLS) {
        await this.#look();
        lookedAt = clock.monotonic();
      }
      this.#room = Promise.withResolvers<void>();
      await this.#take();
      if (!options.watch && this.#isDone()) {
        // What came while the last ones were worked on is read as well.
        await this.#look();
        lookedAt = clock.monotonic();
        if (!this.#isDone()) continue;
        this.#end.abort();
        return;
      }
      if (clock.monotonic() - prunedAt >= PRUNE_MS) {
        prunedAt = clock.monotonic();
        this.#r.store.prune(clock.now() - toMs(options.keep), PRUNED_TOGETHER);
        await this.#r.keeper.settle();
      }
      const waits = Math.max(1, pollMs - (clock.monotonic() - lookedAt));
      const sleep = clock.sleep(waits, this.#signal);
      // Files that are ready are taken as soon as there is room; for others the folder has to be looked at first.
      await (this.#ready.length > 0 || !options.watch ? Promise.race([this.#room.promise, sleep]) : sleep);
    }
  }

  async #look(): Promise<void> {
    const { options, context } = this.#r;
    try {
      const found = await this.#inbox.look();
      const priority = (file: StableFile): number => options.priority?.(file) ?? 0;
      this.#ready = found
        .map((file) => ({ file, priority: priority(file) }))
        .toSorted(
          (a, b) =>
            b.priority - a.priority ||
            a.file.modified - b.file.modified ||
            (a.file.name < b.file.name ? -1 : 1),
        )
        .map(({ file }) => file);
      if (this.#problem !== undefined) context.log("info", "the inbox is there again");
      this.#problem = undefined;
    } catch (error) {
      if (!options.watch) throw error;
      const message = error instanceof Error ? error.message : String(error);
      if (this.#problem === undefined) context.log("warn", `the inbox cannot be looked at: ${message}`);
      this.#problem = message;
    }
  }

  async #take(): Promise<void> {
    const { options, store, clock } = this.#r;
    if (this.#ready.length === 0) return;
    const most = Math.max(32, options.concurrency * 4);
    const room = most - store.waiting().count;
    // A few at a time cost as much as many.
    if (room < most / 2) return;
    const files = this.#ready.splice(0, room);
    const claims = files.map((file): Claim => ({
      file,
      id: orderedUuid(clock.now()),
      priority: options.priority?.(file) ?? 0,
    }));
    const taken = await claim(claims, this.#claims, clock.now());
    for (const { raw } of files) this.#inbox.taken(raw);
    this.#taken += taken;
    if (taken > 0) this.#work.wake();
  }

  #isDone(): boolean {
    const { store } = this.#r;
    return (
      this.#ready.length === 0 &&
      this.#inbox.size === 0 &&
      store.waiting().count === 0 &&
      this.#work.active === 0
    );
  }

  #status(): Record<string, Json> {
    return {
      watching: this.#r.options.watch,
      inbox: this.#inbox.size,
      working: this.#work.active,
      taken: this.#taken,
      documents: { ...this.#r.store.counts() },
      problem: this.#problem ?? null,
    };
  }
}
