import { asMillraceError, type Clock, MillraceError, type ReadContext } from "@millrace/core";
import { at } from "../folder/claim.ts";
import type { Folders } from "../folder/folders.ts";
import type { FileKeeper } from "../folder/file-keeper.ts";
import { documentRows } from "../landing/document-rows.ts";
import type { ResolvedDocumentsOptions } from "../options.ts";
import { toMs } from "../../shared/http/duration.ts";
import type { DocumentFacts, StageDocument } from "../stage-document.ts";
import type { DocumentStore, StageEnd } from "../store/store.ts";
import type { StoredDocument } from "../store/stored-document.ts";
import type { Stage, StageContext } from "./define-stage.ts";
import { PageSlots } from "./page-slots.ts";
import { receive, unchanged } from "./receive.ts";
import type { StageOrder } from "./stage-order.ts";

const LONGEST_DELAY_MS = 600_000;
/** How long it is waited at most for the next document that is due. */
const IDLE_MS = 1_000;

/** What documents are worked on with. */
export interface WorkOptions {
  readonly store: DocumentStore;
  readonly order: StageOrder;
  readonly options: ResolvedDocumentsOptions;
  readonly folders: Folders;
  readonly keeper: FileKeeper;
  readonly context: ReadContext;
  readonly clock: Clock;
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  /** Is called when something has changed: a document has rows, or there is room for more. */
  readonly changed: () => void;
}

type Outcome = Pick<StageEnd, "outcome" | "now" | "facts" | "parts" | "message">;

/** Takes documents through their stages, several at a time. */
export class Work {
  readonly #o: WorkOptions;
  readonly #slots: PageSlots;
  readonly #active = new Map<string, Promise<void>>();
  #wake = Promise.withResolvers<void>();
  #failure: unknown;

  constructor(options: WorkOptions) {
    this.#o = options;
    this.#slots = new PageSlots(options.options.pages);
  }

  /** Documents that are worked on at the moment. */
  get active(): number {
    return this.#active.size;
  }

  /** Says that there may be more to do. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Works until the signal is aborted. Fails where the store cannot be written to. */
  async run(): Promise<void> {
    const { store, options, clock, signal } = this.#o;
    while (!signal.aborted && this.#failure === undefined) {
      const room = options.concurrency - this.#active.size;
      const found = room <= 0 ? [] : store.due(clock.now(), room, new Set(this.#active.keys()));
      for (const document of found) this.#begin(document);
      if (found.length > 0) continue;
      this.#wake = Promise.withResolvers<void>();
      await Promise.race([this.#wake.promise, clock.sleep(this.#idleMs(), signal)]);
    }
    await Promise.all(this.#active.values());
    if (this.#failure !== undefined) throw asMillraceError(this.#failure, "MLR_SOURCE_FAILED", "documents()");
  }

  #idleMs(): number {
    const { count, due } = this.#o.store.waiting();
    if (count === 0) return IDLE_MS;
    return Math.min(IDLE_MS, Math.max(5, due - this.#o.clock.now()));
  }

  #begin(document: StoredDocument): void {
    const working = this.#document(document)
      .catch((error: unknown) => {
        // Not a document's fault: the store cannot be written to.
        this.#failure ??= error;
      })
      .finally(() => {
        this.#active.delete(document.id);
        this.wake();
        this.#o.changed();
      });
    this.#active.set(document.id, working);
  }

  async #document(first: StoredDocument): Promise<void> {
    const { store, order, signal, clock } = this.#o;
    let document: StoredDocument | undefined = first;
    while (document?.state === "waiting" && document.due <= clock.now() && !signal.aborted) {
      const stage = this.#nextStage(document, order.known(document.stage));
      await this.#attempt(document, stage);
      document = store.get(document.id);
    }
  }

  /** Passes over stages in which nothing is done. */
  #nextStage(document: StoredDocument, from: string): string {
    const { order } = this.#o;
    let stage = from;
    while (stage !== "received" && stage !== "landed" && order.of(stage, document.type) === undefined) {
      stage = order.next(stage);
    }
    return stage;
  }

  async #attempt(document: StoredDocument, stage: string): Promise<void> {
    const { store, order, options, clock, signal } = this.#o;
    const most = order.of(stage, document.type)?.attempts ?? options.attempts;
    const attempt = (stage === document.stage ? document.attempts : 0) + 1;
    const started = clock.monotonic();
    const common = (): Pick<StageEnd, "id" | "stage" | "at" | "ms" | "attempt"> => ({
      id: document.id,
      stage,
      at: clock.now(),
      ms: Math.round((clock.monotonic() - started) * 1_000) / 1_000,
      attempt,
    });
    if (attempt > most) {
      const error = new MillraceError(
        "MLR_SOURCE_FAILED",
        `The process ended ${attempt - 1} times in the stage "${stage}" of ${document.name}`,
        { hint: "It may take more memory than there is: see `limits` and the pipeline's `limits.memoryMb`." },
      );
      return this.#fail({ ...document, stage }, error, { ...common(), attempt: attempt - 1 });
    }
    store.attempt(document.id, attempt);
    try {
      const found = await this.#carryOut({ ...document, stage }, stage, attempt);
      // Nothing may come between: of two with the same content that are read at once, one has to be the second.
      const end = stage === "received" ? this.#asDuplicate(document.id, found) : found;
      store.end({ ...common(), ...end });
      if (end.now.state === "duplicate") await this.#o.keeper.putAway(document.id);
    } catch (caught) {
      if (signal.aborted) {
        // Stopped, which is no fault of the document.
        store.attempt(document.id, attempt - 1);
        return;
      }
      const error = asMillraceError(caught, "MLR_SOURCE_FAILED", `${document.name}, stage "${stage}"`);
      if (isStoreFailure(caught)) throw caught;
      const mayPass = !(caught instanceof MillraceError) || error.retry === "later";
      if (!mayPass || attempt >= most) return this.#fail({ ...document, stage }, error, common());
      const delayMs = Math.min(LONGEST_DELAY_MS, toMs(options.retryDelay) * 2 ** (attempt - 1));
      // Of content that is another now nothing is known.
      const changed = error.code === "MLR_SOURCE_CHANGED";
      const again = changed ? "received" : stage;
      store.end({
        ...common(),
        outcome: "retry",
        message: error.message,
        now: {
          ...(changed ? { sha256: null } : {}),
          stage: again,
          attempts: attempt,
          due: clock.now() + delayMs,
          code: error.code,
          message: error.message,
        },
      });
    }
  }

  #carryOut(document: StoredDocument, stage: string, attempt: number): Promise<Outcome> {
    if (stage === "received") return this.#receive(document);
    if (stage === "landed") return this.#land(document);
    const defined = this.#o.order.of(stage, document.type);
    if (defined === undefined) throw new MillraceError("MLR_INTERNAL", `Nobody does the stage "${stage}"`);
    return this.#found(document, defined, attempt);
  }

  async #receive(document: StoredDocument): Promise<Outcome> {
    const { folders, options, signal, order } = this.#o;
    const file = await receive(at(folders[document.folder], document.file), {
      name: document.name,
      most: options.limits.bytes,
      signal,
    });
    const known = { sha256: file.sha256, size: file.size, modified: file.modified };
    return { outcome: "done", now: { ...known, ...cleared, stage: order.next("received") } };
  }

  /** A document whose content came before goes no further. */
  #asDuplicate(id: string, received: Outcome): Outcome {
    const { options, store } = this.#o;
    const { sha256, size, modified } = received.now;
    if (options.duplicates === "land" || typeof sha256 !== "string") return received;
    const twin = store.twin(id, sha256);
    if (twin === undefined) return received;
    return {
      outcome: "duplicate",
      message: `the same content as ${twin.name}, document ${twin.id}`,
      now: {
        ...cleared,
        sha256,
        ...(size === undefined ? {} : { size }),
        ...(modified === undefined ? {} : { modified }),
        state: "duplicate",
        stage: "archived",
      },
    };
  }

  async #found(document: StoredDocument, stage: Stage, attempt: number): Promise<Outcome> {
    const { store, order, options, folders } = this.#o;
    const before = store.facts(document.id, order.before(stage.name));
    const given = this.#given(document, before);
    const facts = (await this.#run(stage, given, attempt)) ?? undefined;
    if (stage.name === "text" || stage.name === "ocr") {
      await unchanged(at(folders[document.folder], document.file), document.name, document);
    }
    const all: DocumentFacts = { ...before, ...facts };
    const why =
      stage.name === "checked" && document.accepted === 0 ? reviewReason(all, options.review) : undefined;
    const pages = all.text?.pages.length;
    return {
      outcome: why === undefined ? "done" : "review",
      ...(why === undefined ? {} : { message: why }),
      ...(facts === undefined ? {} : { facts }),
      now: {
        ...cleared,
        stage: order.next(stage.name),
        state: why === undefined ? "waiting" : "review",
        type: all.type ?? document.type,
        ...(pages === undefined ? {} : { pages }),
        ...(all.confidence === undefined ? {} : { confidence: all.confidence }),
        ...(touchesFields(facts) ? { fields: fieldsText(all) } : {}),
      },
    };
  }

  async #run(
    stage: Stage,
    document: StageDocument,
    attempt: number,
  ): Promise<DocumentFacts | undefined | void> {
    const { context, signal } = this.#o;
    const timeoutMs = stage.timeout === undefined ? undefined : toMs(stage.timeout);
    const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const ends = limit === undefined ? signal : AbortSignal.any([signal, limit]);
    const lent: StageContext = {
      attempt,
      signal: ends,
      log: context.log,
      directory: context.directory,
      database: (from) => context.database(from),
      secret: (name) => context.secret(name),
      ...(context.setting === undefined ? {} : { setting: context.setting }),
      page: (megabytes, work) => {
        ends.throwIfAborted();
        return this.#slots.with(megabytes, work);
      },
    };
    const work = Promise.resolve(stage.run(document, lent));
    if (limit === undefined) return work;
    const late = Promise.withResolvers<never>();
    const onLimit = (): void =>
      late.reject(
        new MillraceError(
          "MLR_SOURCE_FAILED",
          `The stage "${stage.name}" of ${document.name} took longer than ${String(timeoutMs)} ms`,
          {
            hint: "Raise the stage's `timeout`.",
          },
        ),
      );
    limit.addEventListener("abort", onLimit, { once: true });
    // What still goes on after its time is not waited for, and what it then comes to is nobody's.
    work.catch(() => undefined);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      limit.removeEventListener("abort", onLimit);
    }
  }

  async #land(document: StoredDocument): Promise<Outcome> {
    const { store, order, options } = this.#o;
    const given = this.#given(document, store.facts(document.id, order.before("landed")));
    const parts = await documentRows(given, options.rows);
    const streams = parts.map(({ stream }) => stream);
    // What it gave before and gives no more is to be removed.
    const left = store.streams(document.id).filter((stream) => !streams.includes(stream));
    return {
      outcome: "rows",
      message: `${parts.reduce((all, { rows }) => all + rows.length, 0)} rows`,
      facts: { notes: { streams } },
      parts: [...parts, ...left.map((stream) => ({ stream, rows: [] }))],
      now: { ...cleared, stage: "landed", state: "landing" },
    };
  }

  #given(document: StoredDocument, facts: DocumentFacts): StageDocument {
    const { folders } = this.#o;
    return {
      ...facts,
      ...(document.type === null ? {} : { type: facts.type ?? document.type }),
      id: document.id,
      name: document.name,
      path: at(folders[document.folder], document.file),
      bytes: document.size,
      sha256: document.sha256 ?? "",
      receivedAt: new Date(document.received),
    };
  }

  async #fail(
    document: StoredDocument,
    error: MillraceError,
    common: Pick<StageEnd, "id" | "stage" | "at" | "ms" | "attempt">,
  ): Promise<void> {
    const { store, context, keeper } = this.#o;
    store.end({
      ...common,
      outcome: "failed",
      message: error.message,
      now: {
        stage: document.stage,
        state: "failed",
        attempts: common.attempt,
        code: error.code,
        message: error.message,
      },
    });
    context.log("warn", `${document.name} failed in the stage "${document.stage}": ${error.message}`, {
      document: document.id,
      code: error.code,
    });
    await keeper.putAway(document.id, error.hint);
  }
}

/** What a stage that went well leaves of the errors before. */
const cleared = { attempts: 0, due: 0, code: null, message: null } as const;

function reviewReason(facts: DocumentFacts, review: ResolvedDocumentsOptions["review"]): string | undefined {
  if (review === false) return undefined;
  if (facts.review !== undefined) return facts.review;
  const { confidence } = facts;
  if (confidence === undefined || confidence >= review.below) return undefined;
  return `its confidence of ${confidence.toFixed(2)} is below ${review.below}`;
}

function touchesFields(facts: DocumentFacts | undefined): boolean {
  return (
    facts !== undefined &&
    ["values", "lines", "problems", "places", "fieldConfidence"].some((name) => name in facts)
  );
}

/** What people are shown of a document's fields. */
export function fieldsText({ values, lines, problems, places, fieldConfidence }: DocumentFacts): string {
  return JSON.stringify({
    values: values ?? {},
    lines: lines ?? {},
    problems: problems ?? [],
    places: places ?? {},
    fieldConfidence: fieldConfidence ?? {},
  });
}

/** Errors of the store itself: its disk is full or away. */
function isStoreFailure(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    String((error as { code?: unknown }).code) === "ERR_SQLITE_ERROR"
  );
}
