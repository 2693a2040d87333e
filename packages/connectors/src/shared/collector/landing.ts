import path from "node:path";
import type { Clock, Json, Message, ReadContext, Receipt, RejectedInput, Row } from "@millrace/core";
import type { CollectorDefinition, JournalSettings } from "./definition.ts";
import type { Figures } from "./figures.ts";
import { Inbox } from "./inbox.ts";
import { type Cut, type CutStream, Spool } from "./spool.ts";

/** The slice of all that a collector receives: one order, that of arrival. */
const SLICE = "feed";
/** Rows that are handed on at once, about. */
const BATCH_ROWS = 20_000;
const MEMORY_ROWS = 100_000;
/** Default of `JournalSettings.maxBytes`. */
export const JOURNAL_BYTES = 1024 ** 3;
/** Cuts whose lag is watched. */
const WATCHED = 10_000;

/** What a checkpoint says. */
interface FeedState {
  readonly v: 1;
  /** Number of the last cut that is in it. */
  readonly cut: number;
  readonly positions: Readonly<Record<string, Json>>;
}

export interface LandingOptions {
  readonly definition: CollectorDefinition;
  readonly clock: Clock;
  readonly now: () => number;
  readonly figures: Figures;
  readonly memoryRows: number | undefined;
  readonly journal: JournalSettings | undefined;
  /** There is room again where there was none. */
  readonly onRoom: () => void;
  readonly onDropped: (rows: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Brings what is received to the reading of a run, in order, and keeps it until it is committed. */
export class Landing {
  readonly #o: LandingOptions;
  readonly #inbox: Inbox;
  #spool: Spool | undefined;
  #positions: Record<string, Json> = {};
  #limited = false;
  #wake = Promise.withResolvers<void>();
  /** Cuts that were handed on, oldest first. */
  #watched: { readonly number: number; readonly receivedAt: number }[] = [];

  constructor(options: LandingOptions) {
    this.#o = options;
    this.#inbox = new Inbox(options.clock, (cut) => this.#spool?.add(cut));
  }

  /** Undefined where nothing lands, since no run reads it. */
  get spool(): Spool | undefined {
    return this.#spool;
  }

  /** Nothing more should be received until there is room. */
  get full(): boolean {
    return this.#spool?.full ?? false;
  }

  land(stream: string, rows: readonly Row[], receivedAt: number): void {
    this.#o.figures.landed(stream, rows.length);
    if (this.#spool === undefined || rows.length === 0) return;
    this.#inbox.land(stream, rows, receivedAt);
    this.#wake.resolve();
  }

  reject(stream: string, rejected: RejectedInput, receivedAt: number): void {
    if (this.#spool === undefined) return;
    this.#inbox.reject(stream, rejected, receivedAt);
    this.#wake.resolve();
  }

  position(key: string, value: Json): void {
    this.#positions[key] = value;
    if (this.#spool === undefined) return;
    this.#inbox.position(key, value, this.#o.now());
    this.#wake.resolve();
  }

  positionOf(key: string): Json | undefined {
    return this.#positions[key];
  }

  /** Hands on what was gathered, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#o;
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    while (!signal.aborted) {
      const { dueMs } = this.#inbox;
      if (dueMs === undefined) {
        this.#wake = Promise.withResolvers();
        await Promise.race([this.#wake.promise, ended.promise]);
      } else if (dueMs > 0) await clock.sleep(dueMs, signal);
      else this.#inbox.flush();
    }
    this.#inbox.flush();
  }

  tick(): void {
    this.#spool?.tick();
  }

  /** A run begins to read, or begins anew after a failure. */
  async begin(context: ReadContext): Promise<void> {
    const state = stateOf(context.checkpoints.get(SLICE));
    if (this.#spool !== undefined) {
      await this.#spool.committed(state.cut);
      this.#spool.rewind();
      return;
    }
    const { clock, memoryRows = MEMORY_ROWS, journal = {}, onRoom, onDropped, onError } = this.#o;
    this.#limited = context.limit !== undefined;
    const spool = new Spool({
      clock,
      memoryRows,
      directory: journal.directory ?? folderOf(context, this.#o.definition.name),
      maxBytes: journal.maxBytes ?? JOURNAL_BYTES,
      whenFull: journal.whenFull ?? "pause",
      onRoom,
      onDropped,
      onError,
    });
    const behind = await spool.open(state.cut);
    this.#positions = { ...state.positions, ...behind };
    this.#spool = spool;
  }

  /** What was received and is not committed, as the engine wants it, until `signal` is aborted. */
  async *messages(context: ReadContext, signal: AbortSignal): AsyncGenerator<Message> {
    const spool = this.#spool;
    if (spool === undefined) return;
    const positions = { ...stateOf(context.checkpoints.get(SLICE)).positions };
    for (const stream of this.#o.definition.streams ?? []) yield { type: "schema", stream };
    for (;;) {
      const cuts = await spool.take(signal, BATCH_ROWS);
      const last = cuts.at(-1);
      if (last === undefined) {
        // What came last before the end goes along.
        this.#inbox.flush();
        const rest = await spool.rest(BATCH_ROWS);
        if (rest.length === 0) return;
        yield* this.#handOn(rest, positions);
        return;
      }
      yield* this.#handOn(cuts, positions);
    }
  }

  committed(receipts: readonly Receipt[]): void {
    const { figures, now } = this.#o;
    for (const { slice, state, accepted } of receipts) {
      if (slice !== SLICE) continue;
      const { cut } = stateOf(state);
      figures.committedRows += accepted;
      const done = this.#watched.findIndex(({ number }) => number > cut);
      for (const { receivedAt } of this.#watched.splice(0, done < 0 ? this.#watched.length : done))
        figures.committed.add(now() - receivedAt);
      void this.#spool?.committed(cut);
    }
  }

  /** What is not committed stays on disk for the next process; of a run of a few rows nothing does. */
  async close(): Promise<void> {
    this.#inbox.flush();
    await this.#spool?.close(!this.#limited);
    this.#limited = false;
    this.#spool = undefined;
    this.#watched = [];
  }

  *#handOn(cuts: readonly Cut[], positions: Record<string, Json>): Generator<Message> {
    for (const { stream, rows, rejected } of joined(cuts))
      yield { type: "rows", stream, slice: SLICE, rows, ...(rejected.length === 0 ? {} : { rejected }) };
    for (const cut of cuts) {
      Object.assign(positions, cut.positions);
      if (this.#watched.length < WATCHED) this.#watched.push(cut);
    }
    const state: FeedState = { v: 1, cut: cuts.at(-1)?.number ?? 0, positions: { ...positions } };
    yield { type: "checkpoint", slice: SLICE, state: { ...state } };
  }
}

/** The rows of several cuts, by stream. */
function joined(cuts: readonly Cut[]): readonly CutStream[] {
  const [only] = cuts;
  if (only !== undefined && cuts.length === 1) return only.streams;
  const streams = new Map<string, { rows: Row[]; rejected: RejectedInput[] }>();
  for (const cut of cuts) {
    for (const { stream, rows, rejected } of cut.streams) {
      const into = streams.get(stream) ?? { rows: [], rejected: [] };
      streams.set(stream, into);
      for (const row of rows) into.rows.push(row);
      into.rejected.push(...rejected);
    }
  }
  return [...streams].map(([stream, gathered]) => ({ stream, ...gathered }));
}

function stateOf(state: Json | undefined): FeedState {
  const found = (typeof state === "object" && state !== null ? state : {}) as Partial<FeedState>;
  return { v: 1, cut: found.cut ?? 0, positions: found.positions ?? {} };
}

function folderOf({ dataDirectory, directory, pipeline }: ReadContext, name: string): string {
  const folder = (pipeline ?? name).replaceAll(
    /[^\w.-]/g,
    (found) => `%${found.codePointAt(0)?.toString(16)}`,
  );
  return path.join(dataDirectory ?? path.join(directory, ".millrace"), "collectors", folder);
}
