import type { EventHeap } from "./event-heap.ts";

/** A thing that does so many pieces of work at once, and the others in the order in which they came. */
export class ServerQueue {
  busySeconds = 0;
  readonly #heap: EventHeap;
  readonly #free: { count: number };
  readonly #waiting: { readonly seconds: number; readonly done: (now: number) => void }[] = [];
  #taken = 0;

  constructor(heap: EventHeap, servers: number) {
    this.#heap = heap;
    this.#free = { count: servers };
  }

  /** Pieces that wait. */
  get waiting(): number {
    return this.#waiting.length - this.#taken;
  }

  /** Does work of `seconds` as soon as there is a server for it. */
  work(now: number, seconds: number, done: (now: number) => void): void {
    if (this.#free.count === 0) this.#waiting.push({ seconds, done });
    else this.#begin(now, seconds, done);
  }

  #begin(now: number, seconds: number, done: (now: number) => void): void {
    this.#free.count -= 1;
    this.busySeconds += seconds;
    this.#heap.add(now + seconds, () => {
      this.#free.count += 1;
      const next = this.#waiting[this.#taken];
      if (next !== undefined) {
        this.#taken += 1;
        this.#begin(now + seconds, next.seconds, next.done);
        this.#forget();
      }
      done(now + seconds);
    });
  }

  /** So that memory is bounded by what waits. */
  #forget(): void {
    if (this.#taken < 10_000) return;
    this.#waiting.splice(0, this.#taken);
    this.#taken = 0;
  }
}
