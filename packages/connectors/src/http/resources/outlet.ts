import type { Message } from "@millrace/core";

/** Groups of messages that may wait for the engine. */
const CAPACITY = 3;

/**
 * Where the tasks of a reading put their messages, and the engine takes them. A group stays together; what it says is
 * decided when it is put, so that states and rows go in the same order.
 */
export class Outlet {
  readonly #groups: Message[][] = [];
  #progress: Message | undefined;
  #ended = false;
  #error: Error | undefined;
  #wakeReader: () => void = () => undefined;
  #room = Promise.withResolvers<void>();

  /** Waits for room, then takes what `make` returns. */
  async put(make: () => Message[]): Promise<void> {
    while (this.#groups.length >= CAPACITY && !this.#ended) await this.#room.promise;
    if (this.#ended) return;
    this.#groups.push(make());
    this.#wakeReader();
  }

  /** Tells of progress as soon as the engine listens; only the latest counts. */
  tell(progress: Extract<Message, { type: "progress" }>): void {
    this.#progress = progress;
    this.#wakeReader();
  }

  /** Nothing more comes. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wakeReader();
    this.#room.resolve();
  }

  /** What was put, until the end. Throws what it ended with. */
  async *messages(): AsyncGenerator<Message, void, void> {
    for (;;) {
      const group = this.#groups.shift();
      if (group !== undefined) {
        this.#room.resolve();
        this.#room = Promise.withResolvers<void>();
        yield* group;
      }
      const progress = this.#progress;
      this.#progress = undefined;
      if (progress !== undefined) yield progress;
      if (group !== undefined || progress !== undefined) continue;
      if (this.#ended) break;
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
