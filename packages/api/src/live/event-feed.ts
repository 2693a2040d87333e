import type { Clock } from "@millrace/core";
import { type ReceivedEvent, subscribe, type Subscription } from "@millrace/platform";
import type pg from "pg";
import type { Hub } from "./hub.ts";
import type { EventPatch } from "./messages.ts";
import { Started } from "./started.ts";

/** What a feed works with. */
export interface FeedContext {
  readonly hub: Hub;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  /** Is told what the database fails with; the feed goes on by itself. */
  readonly onError: (error: unknown) => void;
}

/** Brings what the platform's outbox tells to all who follow: one subscription for the whole process. */
export class EventFeed {
  readonly #context: FeedContext;
  readonly #started = new Started(() => this.#start());
  readonly #onRun: (run: string) => void;
  #subscription: Subscription | undefined;
  #closed = false;

  /** @param onRun is called for each event that is about a run */
  constructor(context: FeedContext, onRun: (run: string) => void) {
    this.#context = context;
    this.#onRun = onRun;
  }

  /** Resolves when every event from now on is told. */
  ready(): Promise<void> {
    return this.#started.ready();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#subscription?.close();
  }

  async #start(): Promise<void> {
    const { hub, pool, clock, onError } = this.#context;
    hub.journal.open("events");
    const subscription = await subscribe({ pool, clock, onError, handler: (event) => this.#tell(event) });
    this.#subscription = subscription;
    if (this.#closed) await subscription.close();
  }

  #tell(event: ReceivedEvent): void {
    const { pipeline, run } = event;
    const topics = ["events"];
    if (run !== undefined) topics.push(`run:${run}`);
    if (pipeline !== undefined) topics.push(`pipeline:${pipeline}`);
    this.#context.hub.publish("events", topics, { event: patchOf(event) });
    if (run !== undefined) this.#onRun(run);
  }
}

function patchOf({ id, at, type, pipeline, group, run, worker, data }: ReceivedEvent): EventPatch {
  return {
    id,
    at,
    type,
    pipeline: pipeline ?? null,
    group: group ?? null,
    run: run ?? null,
    worker: worker ?? null,
    data: { ...data },
  };
}
