import type { Clock } from "@millrace/core";
import type pg from "pg";
import type { Channel } from "rabbitmq-client";
import {
  type Announcement,
  ANNOUNCEMENTS_AT_ONCE,
  dueAnnouncements,
  forgetAnnouncements,
  forgetFreed,
  forgetSettled,
  keepAnnouncing,
  nextAnnouncementInMs,
  queuesWithRuns,
  repeatAnnouncements,
  runsAfter,
  type WaitingRun,
} from "./announcements.ts";
import { answered } from "./answered.ts";
import type { BrokerConnection } from "./broker-connection.ts";
import { confirmed } from "./confirmed.ts";
import { FanOut } from "./fan-out.ts";
import type { Announcer } from "./run-transport.ts";
import { COMMANDS_EXCHANGE, declareExchanges, declareRunsQueue, RUNS_EXCHANGE } from "./topology.ts";

export interface RelayOptions {
  readonly broker: BrokerConnection;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Longest time until what was queued is found that nothing was told of. */
const SWEEP_MS = 5_000;
/** Announcements for a later time may have become of no use; so many sweeps later they are looked through. */
const SETTLED_EACH = 12;
const RETRY_MS = { first: 250, longest: 5_000 };

/**
 * Takes what transactions have written down to the broker: publishes it, waits until the broker has confirmed that it is
 * kept, and only then forgets it. What is published twice harms nobody.
 */
export class Relay implements Announcer {
  readonly #o: RelayOptions;
  readonly #closing = new AbortController();
  readonly #going: Promise<void>;
  readonly #fanOut: FanOut;
  #wake = new AbortController();
  #woken = false;

  constructor(options: RelayOptions) {
    this.#o = options;
    this.#fanOut = new FanOut(options);
    this.#going = Promise.all([this.#run(), this.#keep()]).then(() => undefined);
  }

  wake(): void {
    this.#woken = true;
    this.#wake.abort();
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      this.#wake.abort();
      await Promise.all([this.#fanOut.close(), this.#o.broker.close()]);
    }
    await this.#going;
  }

  /** Also while no broker is there: it may come back. What is written down meanwhile stays bounded by what waits. */
  async #keep(): Promise<void> {
    const { pool, clock, broker, onError } = this.#o;
    for (let round = 0; !this.#closing.signal.aborted; round++) {
      try {
        await keepAnnouncing(pool);
        if (!broker.ready) await forgetFreed(pool);
        if (!broker.ready || round % SETTLED_EACH === 0) await forgetSettled(pool);
      } catch (error) {
        onError(error);
      }
      await clock.sleep(SWEEP_MS, this.#closing.signal);
    }
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
      await clock.sleep(Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** failures), this.#closing.signal);
    }
  }

  /** Until the channel is gone. */
  async #serve(channel: Channel, works: () => void): Promise<void> {
    const { clock, pool } = this.#o;
    const gone = new AbortController();
    channel.once("close", () => gone.abort());
    const over = AbortSignal.any([gone.signal, this.#closing.signal]);
    await answered(declareExchanges(channel), clock);
    await answered(channel.confirmSelect(), clock);
    const known = new Set<string>();
    let sweepAt = -Infinity;
    while (!over.aborted) {
      this.#wake = new AbortController();
      this.#woken = false;
      if (clock.monotonic() >= sweepAt) {
        await this.#sweep(channel, known);
        sweepAt = clock.monotonic() + SWEEP_MS;
      }
      const told = await this.#tell(channel, known);
      works();
      if (told === ANNOUNCEMENTS_AT_ONCE || this.#woken) continue;
      const waitMs = await nextAnnouncementInMs(pool, Math.max(1, sweepAt - clock.monotonic()));
      await clock.sleep(waitMs, AbortSignal.any([over, this.#wake.signal]));
    }
  }

  /** Announces again what waits in a queue of which the broker has nothing, whyever that is. */
  async #sweep(channel: Channel, known: Set<string>): Promise<void> {
    const { pool } = this.#o;
    for (const queue of await queuesWithRuns(pool)) {
      const waiting = await answered(declareRunsQueue(channel, queue), this.#o.clock);
      known.add(queue);
      if (waiting === 0) await repeatAnnouncements(pool, queue);
    }
  }

  /** Returns how many announcements there were. */
  async #tell(channel: Channel, known: Set<string>): Promise<number> {
    const { pool } = this.#o;
    const due = await dueAnnouncements(pool);
    if (due.length === 0) return 0;
    const freed = due.filter(({ kind }) => kind === "freed").map(({ subject }) => subject);
    const runs = [...due.flatMap(waitingRun), ...(freed.length === 0 ? [] : await runsAfter(pool, freed))];
    for (const queue of new Set(runs.map((run) => run.queue))) {
      if (known.has(queue)) continue;
      await answered(declareRunsQueue(channel, queue), this.#o.clock);
      known.add(queue);
    }
    const published = [
      ...runs.map((run) => publishRun(channel, run)),
      ...due.map((announcement) => publishCommand(channel, announcement)),
    ];
    await confirmed(channel, published, this.#o.clock);
    await forgetAnnouncements(
      pool,
      due.map(({ id }) => id),
    );
    return due.length;
  }
}

function waitingRun({ kind, subject, queue, tries, labelled }: Announcement): WaitingRun[] {
  if (kind !== "run" || queue === null || tries === null) return [];
  return [{ id: subject, queue, tries, labelled: labelled === true }];
}

async function publishRun(channel: Channel, { id, queue, tries, labelled }: WaitingRun): Promise<void> {
  await channel.basicPublish(
    { exchange: RUNS_EXCHANGE, routingKey: `${labelled ? "labelled" : "runs"}.${queue}`, durable: true },
    { run: id, attempt: tries },
  );
}

async function publishCommand(channel: Channel, announcement: Announcement): Promise<void> {
  const { subject, command, worker, run } = announcement;
  if (command === null || worker === null) return;
  await channel.basicPublish(
    { exchange: COMMANDS_EXCHANGE, routingKey: `commands.${command}.${worker}`, durable: true },
    { command: subject, run },
  );
}
