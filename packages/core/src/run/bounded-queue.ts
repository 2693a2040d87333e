/**
 * A first-in, first-out queue between one producer and one consumer. `push` waits while it is full, which is how
 * back-pressure reaches the source; `next` waits while it is empty.
 */
export class BoundedQueue<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  #wakeConsumer: (() => void) | undefined;
  #wakeProducer: (() => void) | undefined;
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Resolves when the item is in the queue; false when the queue was closed instead. */
  async push(item: T): Promise<boolean> {
    while (this.#items.length >= this.#capacity && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wakeProducer = resolve));
    }
    if (this.#closed) return false;
    this.#items.push(item);
    this.#wakeConsumer?.();
    return true;
  }

  /** Resolves once an item is there to `take`, or the queue is closed. */
  async ready(): Promise<void> {
    if (this.#items.length > 0 || this.#closed) return;
    await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
  }

  /** The oldest item, if there is one. */
  take(): T | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#wakeProducer?.();
    return item;
  }

  /** Nothing more comes in, and whoever waits is let go. */
  close(): void {
    this.#closed = true;
    this.#wakeProducer?.();
    this.#wakeConsumer?.();
  }
}
