import { type Clock, redactor } from "@millrace/core";
import { type ReceivedEvent, subscribe, type Subscription } from "@millrace/platform";
import type pg from "pg";
import type { Channel } from "rabbitmq-client";
import { answered } from "./answered.ts";
import type { BrokerConnection } from "./broker-connection.ts";
import { confirmed } from "./confirmed.ts";
import { declareExchanges, EVENTS_EXCHANGE } from "./topology.ts";

export interface FanOutOptions {
  readonly broker: BrokerConnection;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** The name under which is kept how far events were published. */
const CONSUMER = "rabbitmq";
const RETRY_MS = 1_000;

/**
 * Publishes each event on a topic exchange for whoever binds a queue to it: at least once, in their order. While the broker
 * is away it waits, and goes on where it was.
 */
export class FanOut {
  readonly #o: FanOutOptions;
  readonly #closing = new AbortController();
  readonly #going: Promise<void>;
  #subscription: Subscription | undefined;
  #channel: Channel | undefined;

  constructor(options: FanOutOptions) {
    this.#o = options;
    this.#going = this.#start();
  }

  /** Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    void this.#channel?.close();
    await this.#going;
    await this.#subscription?.close();
  }

  async #start(): Promise<void> {
    const { pool, clock, onError } = this.#o;
    while (!this.#closing.signal.aborted && this.#subscription === undefined) {
      try {
        this.#subscription = await subscribe({
          pool,
          clock,
          consumer: CONSUMER,
          onError,
          handler: (event, { signal }) =>
            this.#publish(event, AbortSignal.any([signal, this.#closing.signal])),
        });
      } catch (error) {
        onError(error);
        await clock.sleep(RETRY_MS, this.#closing.signal);
      }
    }
  }

  async #publish(event: ReceivedEvent, over: AbortSignal): Promise<void> {
    const { clock } = this.#o;
    // A broker that is away is no failure of the event: it would be tried ever more rarely.
    for (;;) {
      try {
        return await this.#send(event);
      } catch (error) {
        this.#o.broker.fail(error);
        await clock.sleep(RETRY_MS, over);
        if (over.aborted) throw error;
      }
    }
  }

  async #send(event: ReceivedEvent): Promise<void> {
    if (this.#channel?.active !== true) {
      const channel = await this.#o.broker.channel();
      await answered(declareExchanges(channel), this.#o.clock);
      await answered(channel.confirmSelect(), this.#o.clock);
      this.#channel = channel;
    }
    const { seq: _, ...message } = event;
    const published = this.#channel.basicPublish(
      {
        exchange: EVENTS_EXCHANGE,
        routingKey: `events.${event.type}`,
        durable: true,
        type: event.type,
        messageId: String(event.id),
      },
      redactor.value(message),
    );
    await confirmed(this.#channel, [published], this.#o.clock);
  }
}
