import type { Clock } from "@millrace/core";
import type { AsyncMessage, Channel } from "rabbitmq-client";
import { answered } from "./answered.ts";
import type { BrokerConnection } from "./broker-connection.ts";
import { runOf } from "./run-message.ts";
import type { TransportMember, TransportMembership } from "./run-transport.ts";
import {
  COMMANDS_EXCHANGE,
  declareExchanges,
  declareRunsQueue,
  RUNS_EXCHANGE,
  runsQueue,
} from "./topology.ts";

export interface BrokerMembershipOptions {
  readonly broker: BrokerConnection;
  readonly member: TransportMember;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const RETRY_MS = { first: 250, longest: 5_000 };
/** Time before a run is offered again that the database did not answer for. */
const AGAIN_MS = 250;
/** Names of queues that pipelines can have; another one would be a pattern of the broker's. */
const QUEUE_NAME = /^[\w-]{1,200}$/;

/**
 * A worker's ear on the broker: consumes the queues while the worker has free slots, as many messages at once as slots, and
 * gives back what comes when it has none. Each message is acknowledged as soon as it is known what became of its run.
 */
export class BrokerMembership implements TransportMembership {
  readonly #o: BrokerMembershipOptions;
  readonly #queues: readonly string[];
  readonly #closing = new AbortController();
  readonly #going: Promise<void>;
  #channel: Channel | undefined;
  /** Consumers of runs that are there now. */
  #tags: string[] = [];
  #prefetch = 0;
  /** Messages that came when no slot was free. */
  #held: AsyncMessage[] = [];
  #unsettled = false;
  #settling: Promise<void> | undefined;
  readonly #offers = new Set<Promise<void>>();

  constructor(options: BrokerMembershipOptions) {
    this.#o = options;
    this.#queues = options.member.queues.filter((queue) => QUEUE_NAME.test(queue));
    this.#going = this.#run();
  }

  get announces(): boolean {
    return this.#channel !== undefined;
  }

  adjust(): void {
    this.#unsettled = true;
    this.#settling ??= this.#settle()
      .catch((error: unknown) => {
        // Everything that the channel had is given to others; the worker looks by itself until there is another one.
        const channel = this.#channel;
        this.#leave();
        void channel?.close();
        this.#o.broker.fail(error);
      })
      .finally(() => {
        this.#settling = undefined;
        if (this.#unsettled && this.#channel !== undefined) this.adjust();
      });
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      const channel = this.#channel;
      if (channel !== undefined) {
        // No new messages; those that are on their way are settled while the channel is still there.
        await this.#cancel(channel).catch(() => undefined);
        await Promise.all(this.#offers);
        void channel.close();
      }
      // Waits for the channel, but not for long.
      await this.#o.broker.close();
    }
    await this.#going;
  }

  async #run(): Promise<void> {
    const { broker, clock } = this.#o;
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      try {
        const channel = await broker.channel();
        await this.#serve(channel, () => (failures = 0)).finally(() => void channel.close());
      } catch (error) {
        broker.fail(error);
      }
      const delay = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** failures);
      await clock.sleep(delay, this.#closing.signal);
    }
  }

  /** Until the channel is gone. */
  async #serve(channel: Channel, works: () => void): Promise<void> {
    const { member, clock } = this.#o;
    const gone = Promise.withResolvers<void>();
    channel.once("close", () => gone.resolve());
    // Somebody deleted a queue: begin anew with all of them.
    channel.once("basic.cancel", () => gone.resolve());
    await answered(declareExchanges(channel), clock);
    for (const queue of this.#queues) await answered(declareRunsQueue(channel, queue), clock);
    await answered(this.#listen(channel), clock);
    if (this.#closing.signal.aborted) return;
    this.#channel = channel;
    this.adjust();
    await this.#settling;
    if (this.#channel === undefined) return;
    works();
    // What was queued between the last look and now was announced to nobody here.
    member.missed();
    await gone.promise;
    this.#leave();
  }

  #leave(): void {
    if (this.#channel === undefined) return;
    this.#channel = undefined;
    this.#tags = [];
    this.#held = [];
    if (!this.#closing.signal.aborted) this.#o.member.missed();
  }

  /** Commands, and runs that ask for labels: every worker that may have to do with them is told. */
  async #listen(channel: Channel): Promise<void> {
    const { member } = this.#o;
    const { queue } = await channel.queueDeclare({ queue: "", exclusive: true, autoDelete: true });
    await channel.queueBind({
      queue,
      exchange: COMMANDS_EXCHANGE,
      routingKey: `commands.*.${member.worker}`,
    });
    for (const each of member.labels.length === 0 ? [] : this.#queues)
      await channel.queueBind({ queue, exchange: RUNS_EXCHANGE, routingKey: `labelled.${each}` });
    await channel.basicConsume({ queue, noAck: true, exclusive: true }, (message) => {
      if (message.exchange === COMMANDS_EXCHANGE) return member.commanded();
      const run = runOf(message);
      if (run !== undefined && member.free() > 0) this.#track(member.offer(run).then(() => undefined));
    });
  }

  async #settle(): Promise<void> {
    const { member } = this.#o;
    while (this.#unsettled) {
      this.#unsettled = false;
      const channel = this.#channel;
      if (channel === undefined || this.#closing.signal.aborted) return;
      const free = member.free();
      if (free > 0) {
        for (const message of this.#held.splice(0)) this.#take(channel, message);
        // How many messages a consumer is sent at once cannot be changed while it is there.
        if (this.#tags.length > 0 && free >= 2 * this.#prefetch) await this.#cancel(channel);
        if (this.#tags.length === 0) await this.#consume(channel, free);
      } else {
        await this.#cancel(channel);
        // Only now, or they would come straight back.
        for (const { deliveryTag } of this.#held.splice(0)) channel.basicNack({ deliveryTag, requeue: true });
      }
    }
  }

  async #cancel(channel: Channel): Promise<void> {
    for (const tag of this.#tags.splice(0)) await answered(channel.basicCancel(tag), this.#o.clock);
  }

  async #consume(channel: Channel, free: number): Promise<void> {
    this.#prefetch = free;
    const { clock } = this.#o;
    await answered(channel.basicQos({ prefetchCount: free }), clock);
    for (const queue of this.#queues) {
      const consuming = channel.basicConsume({ queue: runsQueue(queue) }, (message) =>
        this.#take(channel, message),
      );
      const { consumerTag } = await answered(consuming, clock);
      this.#tags.push(consumerTag);
    }
  }

  #take(channel: Channel, message: AsyncMessage): void {
    // What was delivered on a channel is settled on that channel or never.
    if (this.#channel !== channel) return;
    if (this.#o.member.free() > 0 || runOf(message) === undefined) this.#track(this.#offer(channel, message));
    else {
      this.#held.push(message);
      this.adjust();
    }
  }

  async #offer(channel: Channel, message: AsyncMessage): Promise<void> {
    const { deliveryTag } = message;
    const run = runOf(message);
    const outcome = run === undefined ? "unusable" : await this.#o.member.offer(run);
    if (outcome === "busy" && this.#channel === channel && !this.#closing.signal.aborted) {
      this.#held.push(message);
      this.adjust();
      return;
    }
    if (outcome === "failed") await this.#o.clock.sleep(AGAIN_MS, this.#closing.signal);
    if (!channel.active) return;
    if (outcome === "settled") channel.basicAck({ deliveryTag });
    else channel.basicNack({ deliveryTag, requeue: outcome !== "unusable" });
  }

  #track(offer: Promise<void>): void {
    const tracked = offer
      .catch((error: unknown) => this.#o.onError(error))
      .finally(() => this.#offers.delete(tracked));
    this.#offers.add(tracked);
  }
}
