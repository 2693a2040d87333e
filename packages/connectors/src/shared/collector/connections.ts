import { MillraceError } from "@millrace/core";
import { Channel } from "./channel.ts";
import type { CollectorHost } from "./collector-host.ts";
import type { Endpoint } from "./definition.ts";
import { Pacer } from "./pacer.ts";
import { Place } from "./place.ts";
import { type Subscription, subscriptionKey } from "./subscription.ts";
import type { TaskTracker } from "./task-tracker.ts";

/** The subscriptions of a collector, and the connections that they are spread over. */
export class Connections {
  readonly channels = new Map<string, Channel>();
  places: Place[] = [];
  readonly #host: CollectorHost;
  readonly #onPermanent: (error: MillraceError) => void;
  /** By endpoint; kept over restarts, so that these are not too quick for a server either. */
  readonly #pacers = new Map<string, Pacer>();

  /** @param onPermanent is told what ends a connection for good */
  constructor(host: CollectorHost, onPermanent: (error: MillraceError) => void) {
    this.#host = host;
    this.#onPermanent = onPermanent;
  }

  /** Connections that stand. */
  get open(): number {
    return this.places.filter(({ isOpen }) => isOpen).length;
  }

  /** Timers and promises of all connections. */
  get tasks(): number {
    return this.places.reduce((sum, { tasks }) => sum + tasks, 0);
  }

  /** Forgets all of them. */
  clear(): void {
    this.channels.clear();
    this.places = [];
  }

  /** Connects for subscriptions that there are not yet. */
  add(subscriptions: readonly Subscription[], tasks: TaskTracker): void {
    const fresh = subscriptions.filter((each) => {
      const known = this.channels.get(subscriptionKey(each));
      return known === undefined || known.state === "unsubscribed";
    });
    for (const [endpoint, channels] of this.#byEndpoint(fresh)) this.#place(endpoint, channels, tasks);
  }

  /** Drops a connection, or all. Fails with MLR_ARGUMENT_INVALID where there is none of that id. */
  disconnect(connection: string | undefined): void {
    const found = this.places.filter(({ id }) => connection === undefined || id === connection);
    if (connection !== undefined && found.length === 0) {
      const known = this.places.map(({ id }) => id).join(", ");
      const { name } = this.#host.definition;
      throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" has no connection "${connection}"`, {
        hint: known === "" ? "It has none at all: it does not run." : `It has: ${known}.`,
      });
    }
    for (const place of found) place.disconnect("it was asked to disconnect");
  }

  /** Ends subscriptions by key, default all. Fails with MLR_ARGUMENT_INVALID for one that there is not. */
  unsubscribe(keys: readonly string[] = [...this.channels.keys()]): void {
    const unknown = keys.find((key) => !this.channels.has(key));
    if (unknown !== undefined) {
      const { name } = this.#host.definition;
      throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" is not subscribed to "${unknown}"`, {
        hint: "A subscription is named `channel:symbol`; the status lists them.",
      });
    }
    for (const place of this.places) place.unsubscribe(keys);
  }

  #byEndpoint(subscriptions: readonly Subscription[]): [Endpoint, Channel[]][] {
    const found = new Map<string, [Endpoint, Channel[]]>();
    const { definition, options } = this.#host;
    const { connect } = definition;
    for (const subscription of subscriptions) {
      const endpoint = typeof connect === "function" ? connect(subscription) : connect;
      const entry = found.get(endpoint.id) ?? [endpoint, []];
      found.set(endpoint.id, entry);
      const channel = new Channel(subscriptionKey(subscription), subscription, options.silence ?? {});
      if (entry[1].some(({ key }) => key === channel.key)) continue;
      this.channels.set(channel.key, channel);
      entry[1].push(channel);
    }
    return [...found.values()];
  }

  /** Fills up places that have room, and makes further ones. */
  #place(endpoint: Endpoint, channels: readonly Channel[], tasks: TaskTracker): void {
    const most = endpoint.maxSubscriptions ?? 100;
    const left = [...channels];
    const same = this.places.filter((each) => each.endpoint.id === endpoint.id);
    for (const place of same.filter(({ failed }) => !failed)) {
      const taken = left.splice(0, Math.max(0, most - place.channels.length));
      if (taken.length > 0) place.add(taken);
    }
    for (let number = same.length + 1; left.length > 0; number++) {
      const place = new Place({
        id: `${endpoint.id}-${number}`,
        endpoint,
        channels: left.splice(0, most),
        host: this.#host,
        connects: this.#pacerOf(endpoint),
        onPermanent: this.#onPermanent,
      });
      this.places.push(place);
      tasks.add(`connection ${place.id}`, (signal) => place.run(signal));
    }
  }

  #pacerOf({ id, connectsPerSecond = 3 }: Endpoint): Pacer {
    let pacer = this.#pacers.get(id);
    if (pacer === undefined) {
      pacer = new Pacer(this.#host.clock, connectsPerSecond);
      this.#pacers.set(id, pacer);
    }
    return pacer;
  }
}
