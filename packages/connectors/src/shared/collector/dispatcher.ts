import type { FeedHandler, SubscriberOptions } from "./collector-type.ts";

const QUEUE = 1_000;

/** What became of the values for one subscriber. */
export interface SubscriberState {
  readonly type: string;
  readonly policy: "block" | "drop-oldest" | "conflate";
  readonly queued: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly errors: number;
}

/** Calls those who subscribed to types of values: each from a queue of its own, so that none waits for another. */
export class Dispatcher {
  readonly #types = new Map<string, Subscriber[]>();
  readonly #onError: (type: string, error: unknown) => void;
  readonly #onRoom: () => void;

  /**
   * @param onError is told what handlers throw
   * @param onRoom a queue that had `blocked` has room again
   */
  constructor(onError: (type: string, error: unknown) => void, onRoom: () => void) {
    this.#onError = onError;
    this.#onRoom = onRoom;
  }

  on(type: string, handler: FeedHandler, options: SubscriberOptions): void {
    const subscribers = this.#types.get(type) ?? [];
    subscribers.push(
      new Subscriber(type, handler, options, { onError: this.#onError, onRoom: this.#onRoom }),
    );
    this.#types.set(type, subscribers);
  }

  off(type: string, handler: FeedHandler): void {
    const all = this.#types.get(type) ?? [];
    for (const subscriber of all) if (subscriber.handler === handler) subscriber.close();
    const left = all.filter((subscriber) => subscriber.handler !== handler);
    if (left.length === 0) this.#types.delete(type);
    else this.#types.set(type, left);
    this.#onRoom();
  }

  wanted(type: string): boolean {
    return this.#types.has(type);
  }

  emit(type: string, value: unknown): void {
    const subscribers = this.#types.get(type);
    if (subscribers === undefined) return;
    for (const subscriber of subscribers) subscriber.offer(value);
  }

  /** A subscriber that must not lose anything has a full queue: reading has to wait. */
  get blocked(): boolean {
    for (const subscribers of this.#types.values())
      for (const subscriber of subscribers) if (subscriber.blocked) return true;
    return false;
  }

  get states(): SubscriberState[] {
    return [...this.#types.values()].flat().map((subscriber) => subscriber.state);
  }
}

interface SubscriberEvents {
  readonly onError: (type: string, error: unknown) => void;
  readonly onRoom: () => void;
}

class Subscriber {
  readonly handler: FeedHandler;
  readonly #type: string;
  readonly #policy: SubscriberState["policy"];
  readonly #capacity: number;
  readonly #key: (value: unknown) => string;
  readonly #onError: (type: string, error: unknown) => void;
  readonly #onRoom: () => void;
  /** By number, or by key where values replace one another: oldest first. */
  readonly #queue = new Map<string | number, unknown>();
  #number = 0;
  #delivered = 0;
  #dropped = 0;
  #errors = 0;
  #going = false;
  #closed = false;

  constructor(
    type: string,
    handler: FeedHandler,
    options: SubscriberOptions,
    { onError, onRoom }: SubscriberEvents,
  ) {
    this.#type = type;
    this.handler = handler;
    this.#policy = options.policy ?? "drop-oldest";
    this.#capacity = options.queue ?? QUEUE;
    this.#key = options.key ?? symbolOf;
    this.#onError = onError;
    this.#onRoom = onRoom;
  }

  get blocked(): boolean {
    return this.#policy === "block" && this.#queue.size >= this.#capacity;
  }

  get state(): SubscriberState {
    return {
      type: this.#type,
      policy: this.#policy,
      queued: this.#queue.size,
      delivered: this.#delivered,
      dropped: this.#dropped,
      errors: this.#errors,
    };
  }

  offer(value: unknown): void {
    if (this.#closed) return;
    // One that keeps up is called at once, which is what most do.
    if (!this.#going && this.#queue.size === 0) {
      const waiting = this.#call(value);
      if (waiting !== undefined) {
        this.#going = true;
        void waiting.then(() => this.#drain());
      }
      return;
    }
    this.#keep(value);
  }

  close(): void {
    this.#closed = true;
    this.#queue.clear();
  }

  #keep(value: unknown): void {
    const key = this.#policy === "conflate" ? this.#key(value) : this.#number++;
    if (this.#queue.delete(key)) this.#dropped++;
    else if (this.#policy !== "block" && this.#queue.size >= this.#capacity) {
      const [oldest] = this.#queue.keys();
      if (oldest !== undefined) this.#queue.delete(oldest);
      this.#dropped++;
    }
    this.#queue.set(key, value);
  }

  async #drain(): Promise<void> {
    for (;;) {
      const [first] = this.#queue;
      if (first === undefined || this.#closed) break;
      const wasBlocked = this.blocked;
      this.#queue.delete(first[0]);
      if (wasBlocked) this.#onRoom();
      await this.#call(first[1]);
    }
    this.#going = false;
  }

  /** Undefined where it is done already. Never rejects. */
  #call(value: unknown): Promise<void> | undefined {
    try {
      this.#delivered++;
      const returned = this.handler(value);
      return returned instanceof Promise
        ? returned.catch((error: unknown) => this.#failed(error))
        : undefined;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    this.#errors++;
    this.#onError(this.#type, error);
  }
}

function symbolOf(value: unknown): string {
  const symbol = typeof value === "object" && value !== null ? Reflect.get(value, "symbol") : undefined;
  return typeof symbol === "string" ? symbol : "";
}
