import { randomUUID } from "node:crypto";
import { asMillraceError, type Clock, MillraceError } from "@millrace/core";
import type { BatchProgress, Landing } from "../landing/landing.ts";
import type { LandingState, StreamLanding } from "../landing/stream-landing.ts";
import { type BatchPart, LISTED_REJECTIONS, type LandedPart } from "../landing/submission.ts";
import type { Kept, KeptPart, PushQueue, QueuedPart } from "./push-queue.ts";
import type { QueueRoom } from "./queue-room.ts";

/** What a landing with a queue works with. */
export interface QueuedLandingOptions {
  readonly stream: string;
  readonly landing: StreamLanding;
  readonly queue: PushQueue;
  readonly room: QueueRoom;
  readonly clock: Clock;
  /** Whether something waits from an earlier time. */
  readonly waiting: boolean;
  /** Is told of what the destination refused for good after it had been accepted. */
  readonly onRefused: (error: MillraceError, part: QueuedPart) => void;
}

interface Pending {
  readonly part: QueuedPart;
  resolve(landed: LandedPart): void;
  reject(error: unknown): void;
}

/** Pause after the queue could not be read. */
const PAUSE_MS = 1_000;

/**
 * Lands parts directly while that is possible. Once the destination is away, what waits and all that comes later is kept in
 * the queue, and lands from there in the order in which it came; when the queue is empty, parts land directly again.
 */
export class QueuedLanding implements Landing {
  readonly #o: QueuedLandingOptions;
  readonly #closing = new AbortController();
  /** Everything goes through the queue. */
  #queueing = false;
  #pending: Pending[] = [];
  #keeping: Promise<void> | undefined;
  #draining: Promise<void> | undefined;

  constructor(options: QueuedLandingOptions) {
    this.#o = options;
    if (options.waiting) this.wake();
  }

  get state(): LandingState {
    return this.#o.landing.state;
  }

  async submit(part: BatchPart): Promise<LandedPart> {
    if (this.#queueing) return this.#keep(part);
    try {
      return await this.#o.landing.submit(part);
    } catch (error) {
      if (!this.#isAway(error)) throw error;
      this.#switch();
      return this.#keep(part);
    }
  }

  async progress(id: string): Promise<BatchProgress | undefined> {
    const { queue, stream, landing } = this.#o;
    if (!this.#queueing) return landing.progress(id);
    const kept = await queue.progress(stream, id);
    return kept === undefined ? landing.progress(id) : { ...kept, queued: true };
  }

  /** Something waits in the queue: it lands before anything else. */
  wake(): void {
    if (this.#closing.signal.aborted) return;
    this.#queueing = true;
    this.#draining ??= this.#drain();
  }

  /** What is in the queue stays there. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#o.landing.expire({ patient: true });
    await this.#o.landing.close();
    await this.#keeping;
    await this.#draining;
  }

  #isAway(error: unknown): boolean {
    if (!(error instanceof MillraceError) || this.#closing.signal.aborted) return false;
    if (error.code === "MLR_DESTINATION_UNAVAILABLE") return true;
    // No room, because nothing lands.
    return error.code === "MLR_PUSH_BUSY" && this.#o.landing.state.trouble !== undefined;
  }

  #switch(): void {
    if (this.#queueing) return;
    this.#queueing = true;
    // In their order, and before anything that comes from now on: each is kept by who waits for it.
    this.#o.landing.expire();
  }

  #keep(part: BatchPart): Promise<LandedPart> {
    if (this.#closing.signal.aborted) {
      return Promise.reject(
        new MillraceError("MLR_PUSH_BUSY", "The ingestion service is ending", {
          hint: "Send it again after the time that the answer says, with the same batch id.",
          details: { retryAfterSeconds: 5 },
        }),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<LandedPart>();
    this.#pending.push({ part: { ...part, id: part.id ?? `queued-${randomUUID()}` }, resolve, reject });
    this.#keeping ??= this.#keepPending().finally(() => (this.#keeping = undefined));
    return promise;
  }

  /** What comes while a group is written is the next group. */
  async #keepPending(): Promise<void> {
    const { queue, stream, room } = this.#o;
    // All that comes at once comes together.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const group = this.#pending.splice(0, 500);
      try {
        await room.check();
        const { kept, bytes } = await queue.keep(
          stream,
          group.map(({ part }) => part),
        );
        room.add(bytes);
        for (const [at, each] of group.entries()) answer(each, kept[at] ?? "kept");
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      this.#draining ??= this.#drain();
    }
  }

  async #drain(): Promise<void> {
    const { queue, stream, clock, room } = this.#o;
    const { signal } = this.#closing;
    try {
      while (!signal.aborted) {
        try {
          const parts = await queue.next(stream);
          if (parts.length > 0) await this.#land(parts);
          else if (this.#settled) break;
          // What is being kept at this moment has to be seen before anything may pass it.
          else await this.#keeping;
        } catch {
          await clock.sleep(PAUSE_MS, signal);
        }
      }
    } finally {
      room.forget();
      this.#draining = undefined;
    }
  }

  /** Nothing is on its way into the queue: from now on, until the next trouble, parts land directly. */
  get #settled(): boolean {
    if (this.#keeping !== undefined || this.#pending.length > 0) return false;
    this.#queueing = false;
    return true;
  }

  /** All of them are given at once, in their order, so that they share commits. */
  async #land(parts: readonly KeptPart[]): Promise<void> {
    const { queue, landing, onRefused } = this.#o;
    const outcomes = await Promise.allSettled(
      parts.map(({ part }) => landing.submit(part, { patient: true })),
    );
    const landed: string[] = [];
    for (const [at, outcome] of outcomes.entries()) {
      const kept = parts[at];
      if (kept === undefined) continue;
      if (outcome.status === "fulfilled") {
        landed.push(kept.place);
        continue;
      }
      const error = asMillraceError(outcome.reason, "MLR_INTERNAL");
      if (error.retry === "later" || this.#closing.signal.aborted) continue;
      await queue.fail(kept.place, error);
      onRefused(error, kept.part);
    }
    if (landed.length > 0) await queue.remove(landed);
    else if (outcomes.every(({ status }) => status === "rejected"))
      await this.#o.clock.sleep(PAUSE_MS, this.#closing.signal);
  }
}

function answer({ part, resolve, reject }: Pending, kept: Kept): void {
  if (kept === "conflict") {
    return reject(
      new MillraceError("MLR_PUSH_CONFLICT", `The batch id "${part.id}" was used for other rows`, {
        hint: "Give each batch an id of its own, such as a UUID, and use it again only to send the same batch again.",
        details: { batch: part.id },
      }),
    );
  }
  const unreadable = part.work.kind === "rows" ? (part.work.unreadable ?? []) : [];
  resolve({
    accepted: (part.work.kind === "rows" ? part.count : 0) - unreadable.length,
    rejected: unreadable.length,
    offset: (part.offset ?? 0) + part.count,
    rejections: unreadable
      .slice(0, LISTED_REJECTIONS)
      .map(({ line, code, message }) => ({ row: line ?? null, code, message })),
    duplicate: kept === "known",
    commit: null,
    queued: true,
  });
}
