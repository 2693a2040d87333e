import type { EventOf, EventType, PlatformEvent } from "./platform-event.ts";

/** Is told of an event. What it throws, or rejects with, goes to the bus's `onError`. */
export type EventHandler<E = PlatformEvent> = (event: E) => void | Promise<void>;

type AnyHandler = EventHandler<never>;

/** Hands events to handlers in the same process, at once, in the order in which they subscribed. Nothing is stored. */
export class EventBus {
  readonly #handlers = new Map<EventType | "*", Set<AnyHandler>>();
  readonly #onError: (error: unknown) => void;

  /** @param onError is told what handlers throw. Default: nobody. */
  constructor(onError: (error: unknown) => void = () => undefined) {
    this.#onError = onError;
  }

  /** Calls `handler` with each event of the type from now on; `*`: with every event. Returns what ends it. */
  on<T extends EventType>(type: T, handler: EventHandler<EventOf<T>>): () => void;
  on(type: "*", handler: EventHandler): () => void;
  on(type: EventType | "*", handler: AnyHandler): () => void {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Never throws. Does not wait for handlers that go on asynchronously. */
  emit(event: PlatformEvent): void {
    for (const key of [event.type, "*"] as const) {
      for (const handler of Array.from(this.#handlers.get(key) ?? [])) this.#call(handler, event);
    }
  }

  #call(handler: AnyHandler, event: PlatformEvent): void {
    try {
      // A handler is kept under the type that it takes.
      const going = (handler as EventHandler)(event);
      if (going instanceof Promise) going.catch(this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }
}
