import { hostname } from "node:os";
import { type Clock, parseOptions, type SecretSource, systemClock } from "@millrace/core";
import type pg from "pg";
import type { ReceivedEvent } from "../events/read-events.ts";
import { type HandlerContext, subscribe, type Subscription } from "../events/subscribe.ts";
import type { Channel, ChannelFunction } from "./channel.ts";
import { DeliveryQueue } from "./delivery/delivery-queue.ts";
import { send } from "./delivery/send.ts";
import { describeEvent } from "./message/describe-event.ts";
import type { Occurrence } from "./message/occurrence.ts";
import { notificationsOptions, type NotificationsOptions } from "./notifications-options.ts";
import { applies, namedRules, raised, type Rule, typesFor } from "./rules/rule.ts";
import { closeProblems, hasEnded, lookAfterProblems, noteProblem } from "./state/incidents.ts";
import { flush, type Moment, tell } from "./state/outbox.ts";
import { transaction } from "./state/transaction.ts";

/** What a notifier is made of. */
export interface StartNotifier {
  /** Pool of the control database. */
  readonly pool: pg.Pool;
  /** `notifications` of the project's configuration; absent: nobody is told anything. */
  readonly config: NotificationsOptions | undefined;
  /** Where the values of `secret("name")` come from. Default: nowhere, so that such channels fail. */
  readonly secrets?: SecretSource;
  /** Is told what became of each delivery; `failed`: it is given up. Default: nobody. */
  readonly onDelivery?: (status: "sent" | "retried" | "failed") => void;
  /** Is told what goes wrong; the notifier goes on by itself. Default: nobody. */
  readonly onError?: (error: unknown) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Tells people what happens, until it is closed. */
export interface Notifier {
  /** Waits up to 10 s for what is being sent just now; the rest is sent by the next notifier. Idempotent, never throws. */
  close(): Promise<void>;
}

/** Longest time between two looks at what is due. */
const TICK_MS = 5_000;
/** Time for what is being sent when the notifier is closed. */
const GRACE_MS = 10_000;
/** The name under which notifiers share their place among the events. */
const CONSUMER = "notifier";

/**
 * Begins to watch the events and to send messages about them, as the rules say. Any number of processes may do so: each
 * event is handled by one of them, and each message sent by one of them.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID, or where the control database cannot be reached.
 */
export async function startNotifier(options: StartNotifier): Promise<Notifier> {
  if (options.config === undefined) return { close: async () => undefined };
  const notifier = new RunningNotifier(options, options.config);
  await notifier.start();
  return notifier;
}

class RunningNotifier implements Notifier {
  readonly #options: StartNotifier;
  readonly #clock: Clock;
  readonly #from: string;
  readonly #rules: readonly Rule[];
  readonly #channels: ReadonlyMap<string, Channel | ChannelFunction>;
  readonly #queue: DeliveryQueue;
  /** Aborted when the notifier is closed, and once its grace is over. */
  readonly #closed = new AbortController();
  readonly #cutOff = new AbortController();
  #wake = new AbortController();
  #subscription: Subscription | undefined;
  /** Channels at which this process is sending. */
  readonly #busy = new Map<string, Promise<void>>();
  /** Of those, the ones that got something to send since, which the sender may not have seen. */
  readonly #again = new Set<string>();
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: StartNotifier, config: NotificationsOptions) {
    const { channels, rules, from } = parseOptions(notificationsOptions, config, "notifications");
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#from = from ?? hostname();
    this.#rules = namedRules(rules);
    this.#channels = new Map(Object.entries(channels));
    this.#queue = new DeliveryQueue(options.pool, this.#clock);
  }

  async start(): Promise<void> {
    const { pool } = this.#options;
    if (this.#rules.length > 0)
      this.#subscription = await subscribe({
        pool,
        consumer: CONSUMER,
        types: typesFor(this.#rules),
        handler: (event, context) => this.#handle(event, context),
        onError: (error) => this.#complain(error),
        clock: this.#clock,
      });
    this.#ticking = this.#tick();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#wake.abort();
    await this.#subscription?.close();
    await this.#ticking;
    const sending = Promise.all(this.#busy.values());
    const done = new AbortController();
    void this.#clock.sleep(GRACE_MS, done.signal).then(() => this.#cutOff.abort());
    await sending;
    done.abort();
  }

  get #moment(): Moment {
    return { now: this.#clock.now(), from: this.#from };
  }

  async #handle(event: ReceivedEvent, context: HandlerContext): Promise<void> {
    const occurrence = this.#describe(event);
    if (occurrence === undefined) return;
    const rules = this.#rules.filter((rule) => applies(rule, event, occurrence.severity));
    const { ends } = occurrence;
    const ended = ends !== undefined && (await hasEnded(this.#options.pool, ends, event.run));
    if (rules.length === 0 && !ended) return;
    const moment = this.#moment;
    const ready = await transaction(this.#options.pool, async (client) => {
      let some = false;
      if (ended) some = await closeProblems(client, { rules: this.#rules, occurrence, ends }, moment);
      for (const rule of rules) some = (await this.#tell(client, { rule, occurrence }, moment)) || some;
      await context.advance(client);
      return some;
    });
    if (ready) this.#wake.abort();
  }

  /** An event that cannot be described must not hold up those behind it. */
  #describe(event: ReceivedEvent): Occurrence | undefined {
    try {
      return describeEvent(event);
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  #tell(
    client: pg.ClientBase,
    { rule, occurrence }: { readonly rule: Rule; readonly occurrence: Occurrence },
    moment: Moment,
  ): Promise<boolean> {
    const { problem, item, severity } = occurrence;
    if (problem !== undefined) return noteProblem(client, { rule, occurrence, problem }, moment);
    const news = { ...item, kind: "news" as const, severity: raised(rule, severity) };
    return tell(client, { rule, item: news, channels: rule.to }, moment);
  }

  /** Looks after what time alone brings: digests, quiet hours' ends, reminders, escalations, deliveries. */
  async #tick(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const wake = new AbortController();
      this.#wake = wake;
      try {
        const moment = this.#moment;
        await flush(this.#options.pool, moment);
        await lookAfterProblems(this.#options.pool, this.#rules, moment);
        await this.#queue.giveUp(moment.now);
        for (const channel of await this.#queue.due(this.#clock.now())) this.#deliver(channel);
      } catch (error) {
        this.#complain(error);
      }
      if (!this.#closed.signal.aborted) await this.#clock.sleep(TICK_MS, wake.signal);
    }
  }

  /** Sends what a channel has to send, beside the others. */
  #deliver(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    if (this.#busy.has(name)) return void this.#again.add(name);
    const going = this.#drain(name, channel)
      .catch((error: unknown) => this.#complain(error))
      .finally(() => {
        this.#busy.delete(name);
        if (this.#again.delete(name) && !this.#closed.signal.aborted) this.#deliver(name);
      });
    this.#busy.set(name, going);
  }

  async #drain(name: string, channel: Channel | ChannelFunction): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const claimed = await this.#queue.claim(name, this.#clock.now());
      if (claimed === undefined) return;
      const { message, attempt } = claimed;
      const { secrets = {} } = this.#options;
      try {
        await send({ channel, message, attempt, clock: this.#clock, secrets, signal: this.#cutOff.signal });
      } catch (error) {
        const status = await this.#queue.failed(claimed, error, this.#clock.now());
        this.#options.onDelivery?.(status === "queued" ? "retried" : "failed");
        this.#complain(error);
        continue;
      }
      await this.#queue.sent(claimed, this.#clock.now());
      this.#options.onDelivery?.("sent");
    }
  }

  #complain(error: unknown): void {
    try {
      this.#options.onError?.(error);
    } catch {
      // Nobody is left to be told.
    }
  }
}
