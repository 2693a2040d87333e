import { asMillraceError, type Clock, MillraceError, systemClock } from "@millrace/core";
import pg from "pg";
import { EventCursor } from "./event-cursor.ts";
import type { EventType } from "./platform-event.ts";
import { EVENTS_CHANNEL } from "./publish.ts";
import { lastSeq, orderEvents, readEvents, type ReceivedEvent } from "./read-events.ts";

/** What a handler is given besides the event. */
export interface HandlerContext {
  /** Aborted when the subscription is closed, or another process took over. */
  readonly signal: AbortSignal;
  /**
   * Marks the event as handled within the caller's transaction, so that what that transaction writes happens exactly once.
   * Fails with MLR_LEASE_LOST where another process took over: roll back. Does nothing without a `consumer`.
   */
  advance(transaction: pg.ClientBase): Promise<void>;
}

export interface SubscribeOptions {
  /** Pool of the control database. The subscription takes one connection of its own with the same options. */
  readonly pool: pg.Pool;
  /**
   * Name under which the position is kept. Of several processes with the same consumer one handles the events, and the next
   * one takes over when it ends. Absent: every event from now on, to this process too, and nothing is kept.
   */
  readonly consumer?: string;
  /** Only events of these types. Default: all. */
  readonly types?: readonly EventType[];
  /**
   * Is called with one event after the other, in their order. An event whose handler fails comes again until it succeeds;
   * after a crash those that were handled last may come again.
   */
  readonly handler: (event: ReceivedEvent, context: HandlerContext) => void | Promise<void>;
  /** Where a consumer that is new begins. Default `now`. */
  readonly from?: "now" | "start";
  /** Is told what handlers and the database fail with; the subscription goes on by itself. Default: nobody. */
  readonly onError?: (error: unknown) => void;
  /** Longest time to notice an event whose announcement was lost. Default 5,000 ms. */
  readonly pollMs?: number;
  /** Time after which another process takes over from one that does not answer but whose connection lives. Default 15,000 ms. */
  readonly leaseMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Goes on until it is closed. */
export interface Subscription {
  /** Waits for the handler that is at work. Idempotent, never throws. */
  close(): Promise<void>;
}

/** Events that are read at once. */
const BATCH = 200;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;

/**
 * Calls a handler with every event that is published after this has returned, at least once and in order.
 * Fails where the control database cannot be reached; later it connects again by itself.
 */
export async function subscribe(options: SubscribeOptions): Promise<Subscription> {
  const subscription = new RunningSubscription(options);
  await subscription.start();
  return subscription;
}

class RunningSubscription implements Subscription {
  readonly #options: SubscribeOptions;
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #leaseMs: number;
  readonly #cursor: EventCursor | undefined;
  #closed = false;
  /** Aborted with the connection, or when the subscription is closed. */
  #connection = new AbortController();
  /** Aborted with the connection, or when another process took over. */
  #turn = new AbortController();
  /** Ends the wait for the next event. */
  #wake = new AbortController();
  /** Everything up to here was handled. */
  #seq = 0;
  #going: Promise<void> = Promise.resolve();

  constructor(options: SubscribeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#pollMs = options.pollMs ?? 5_000;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#cursor =
      options.consumer === undefined ? undefined : new EventCursor(options.consumer, this.#leaseMs);
  }

  async start(): Promise<void> {
    const { pool, from = "now" } = this.#options;
    await orderEvents(pool);
    if (this.#cursor === undefined) this.#seq = from === "now" ? await lastSeq(pool) : 0;
    else await this.#cursor.create(pool, from);
    this.#going = this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end();
    await this.#going;
  }

  #end(): void {
    this.#connection.abort();
    this.#endTurn();
  }

  #endTurn(): void {
    this.#turn.abort();
    this.#wake.abort();
  }

  /** One connection after another. */
  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closed) {
      this.#connection = new AbortController();
      try {
        await this.#connected(() => (failures = 0));
      } catch (error) {
        if (this.#closed) return;
        this.#tell(error);
        this.#connection = new AbortController();
        await this.#clock.sleep(delayAfter(failures++), this.#connection.signal);
      }
    }
  }

  async #connected(works: () => void): Promise<void> {
    const session = new pg.Client(this.#options.pool.options);
    session.on("error", () => this.#end());
    session.on("end", () => this.#end());
    session.on("notification", () => this.#wake.abort());
    try {
      await session.connect();
      await session.query(`LISTEN ${EVENTS_CHANNEL}`);
      works();
      if (this.#cursor === undefined) {
        this.#turn = new AbortController();
        await this.#serve(session);
      } else await this.#takeTurns(this.#cursor, session);
      if (!this.#closed)
        throw new MillraceError("MLR_CONTROL_UNAVAILABLE", "The connection for events was lost");
    } finally {
      session.removeAllListeners("end");
      await session.end().catch(() => undefined);
    }
  }

  /** Waits for its turn, and serves while it lasts. */
  async #takeTurns(cursor: EventCursor, session: pg.Client): Promise<void> {
    let locked = false;
    while (!this.#connection.signal.aborted) {
      locked ||= await cursor.lock(session);
      const seq = await cursor.claim(session, locked);
      if (seq === undefined) {
        await this.#clock.sleep(this.#pollMs, this.#connection.signal);
        continue;
      }
      this.#seq = seq;
      this.#turn = new AbortController();
      const beating = this.#keepTurn(cursor, session);
      try {
        await this.#serve(session);
      } finally {
        this.#endTurn();
        await beating;
        await cursor.release(session, this.#seq).catch(() => undefined);
      }
    }
  }

  /** Beats until the turn is over, and ends it where another took over. */
  async #keepTurn(cursor: EventCursor, session: pg.Client): Promise<void> {
    const { signal } = this.#turn;
    while (!signal.aborted) {
      await this.#clock.sleep(this.#leaseMs / 3, signal);
      if (signal.aborted) return;
      if (!(await cursor.beat(session, this.#seq).catch(() => false))) this.#endTurn();
    }
  }

  async #serve(session: pg.Client): Promise<void> {
    const { signal } = this.#turn;
    while (!signal.aborted && !this.#connection.signal.aborted) {
      const wake = new AbortController();
      this.#wake = wake;
      await orderEvents(session);
      const { events, through, more } = await readEvents(session, {
        after: this.#seq,
        types: this.#options.types,
        limit: BATCH,
      });
      for (const event of events) {
        if (!(await this.#handle(event, signal))) return;
        this.#seq = event.seq;
      }
      this.#seq = through;
      if (events.length > 0 && (await this.#cursor?.beat(session, this.#seq)) === false) return;
      if (!more && !signal.aborted) await this.#clock.sleep(this.#pollMs, wake.signal);
    }
  }

  /** Until it succeeds. False: the turn is over before. */
  async #handle(event: ReceivedEvent, over: AbortSignal): Promise<boolean> {
    const context: HandlerContext = {
      signal: over,
      advance: async (transaction) => this.#cursor?.advance(transaction, event.seq),
    };
    for (let failures = 0; !over.aborted; failures++) {
      try {
        await this.#options.handler(event, context);
        return true;
      } catch (error) {
        if (over.aborted) return false;
        this.#tell(error);
        if (error instanceof MillraceError && error.code === "MLR_LEASE_LOST") return false;
        await this.#clock.sleep(delayAfter(failures), over);
      }
    }
    return false;
  }

  #tell(error: unknown): void {
    try {
      this.#options.onError?.(asMillraceError(error, "MLR_CONTROL_UNAVAILABLE", "Events"));
    } catch {
      // Nobody is left to be told.
    }
  }
}

/** Milliseconds before the next try. */
function delayAfter(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures);
}
