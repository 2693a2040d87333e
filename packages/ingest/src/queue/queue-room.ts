import { MillraceError } from "@millrace/core";
import type { PushQueue } from "./push-queue.ts";

/** Knows how much may still be put into the queue, without asking each time. */
export class QueueRoom {
  readonly #queue: PushQueue;
  readonly #most: number;
  #bytes: number | undefined;

  /** @param most packed bytes that may wait */
  constructor(queue: PushQueue, most: number) {
    this.#queue = queue;
    this.#most = most;
  }

  /** Fails with MLR_PUSH_BUSY where there is no room, or as the queue. */
  async check(): Promise<void> {
    this.#bytes ??= await this.#queue.bytes();
    if (this.#bytes < this.#most) return;
    // Others may have taken something out meanwhile.
    this.#bytes = await this.#queue.bytes();
    if (this.#bytes < this.#most) return;
    throw new MillraceError("MLR_PUSH_BUSY", `The queue of pushed rows is full: ${this.#bytes} bytes wait`, {
      hint: "Send it again after the time that the answer says, with the same batch id.",
      details: { retryAfterSeconds: 30 },
    });
  }

  add(bytes: number): void {
    if (this.#bytes !== undefined) this.#bytes += bytes;
  }

  /** Something was taken out: it is counted anew. */
  forget(): void {
    this.#bytes = undefined;
  }
}
