import type { MillraceError } from "@millrace/core";
import { Backoff } from "./backoff.ts";
import type { Channel } from "./channel.ts";
import type { CollectorHost } from "./collector-host.ts";
import type { Endpoint } from "./definition.ts";
import { Link, type LinkEnd } from "./link.ts";
import type { Pacer } from "./pacer.ts";

export interface PlaceOptions {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly channels: readonly Channel[];
  readonly host: CollectorHost;
  /** Of all connections to the endpoint. */
  readonly connects: Pacer;
  /** Connecting again would not help. */
  readonly onPermanent: (error: MillraceError) => void;
  readonly random?: () => number;
}

/** Keeps one connection standing: makes it again when it is lost, and a new one before it is dropped as planned. */
export class Place {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly #o: PlaceOptions;
  readonly #backoff: Backoff;
  readonly channels: Channel[];
  current: Link | undefined;
  /** The one that is to take over. */
  #next: Link | undefined;
  #rotation: Promise<void> | undefined;
  generation = 0;
  reconnects = 0;
  since: number;
  waiting = false;
  failed = false;
  lastClose: { readonly code: number; readonly reason: string; readonly at: number } | undefined;
  lastError: { readonly error: unknown; readonly at: number } | undefined;
  messages = 0;
  bytes = 0;

  constructor(options: PlaceOptions) {
    this.#o = options;
    this.id = options.id;
    this.endpoint = options.endpoint;
    this.channels = [...options.channels];
    this.#backoff = new Backoff(options.host.options.reconnect ?? {}, options.host.clock, options.random);
    this.since = options.host.now();
  }

  get isOpen(): boolean {
    return this.current?.state === "open";
  }

  /** It has tried as often as it may within the window, and waits. */
  get exhausted(): boolean {
    return this.waiting && this.#backoff.exhausted;
  }

  get tasks(): number {
    return (this.current?.tasks ?? 0) + (this.#next?.tasks ?? 0);
  }

  /** Those that stand or are being made. */
  get links(): Link[] {
    return [this.current, this.#next].filter((link) => link !== undefined);
  }

  /** Goes on until `signal` is aborted, or connecting again would not help. */
  async run(signal: AbortSignal): Promise<void> {
    const { host, onPermanent } = this.#o;
    const end = (): void => {
      for (const link of this.links) link.end({ reason: "the collector stops", code: 1000, planned: true });
    };
    signal.addEventListener("abort", end, { once: true });
    try {
      while (!signal.aborted) {
        await this.#wait(signal);
        if (signal.aborted) return;
        this.current = this.#connect(false, signal);
        const ended = await this.#untilEnded(this.current);
        this.current = undefined;
        if (signal.aborted) return;
        this.#backoff.ended(ended.goodMs);
        if (ended.permanent !== undefined) {
          this.failed = true;
          return onPermanent(ended.permanent);
        }
        this.reconnects++;
        host.say("warn", `connection ${this.id} ended: ${ended.reason}`, { connection: this.id });
        host.judge(`connection ${this.id} ended: ${ended.reason}`);
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await Promise.all(this.links.map((link) => link.ended));
      await this.#rotation;
    }
  }

  tend(now: number): void {
    for (const link of this.links) link.tend(now);
  }

  pause(paused: boolean): void {
    for (const link of this.links) link.pause(paused);
  }

  disconnect(reason: string): void {
    this.current?.reconnect(reason);
  }

  add(channels: readonly Channel[]): void {
    this.channels.push(...channels);
    for (const link of this.links) link.subscribeMore(channels);
  }

  unsubscribe(keys: readonly string[]): void {
    for (const link of this.links) link.unsubscribe(keys);
    for (const key of keys) {
      const at = this.channels.findIndex((channel) => channel.key === key);
      if (at >= 0) this.channels.splice(at, 1);
    }
  }

  /** Where one is there to take over when it ends, it does: then until that one has ended. */
  async #untilEnded(link: Link): Promise<LinkEnd> {
    let ended = await link.ended;
    this.#note(link, ended);
    while (this.#next !== undefined && ended.permanent === undefined) {
      const next = this.#next;
      this.#next = undefined;
      this.current = next;
      this.since = this.#o.host.now();
      next.promote();
      this.#o.host.judge(`connection ${this.id} was replaced: ${ended.reason}`);
      ended = await next.ended;
      this.#note(next, ended);
    }
    return ended;
  }

  #note(link: Link, { code, reason, error }: LinkEnd): void {
    const at = this.#o.host.now();
    this.messages += link.rate.total;
    this.bytes += link.bytes;
    this.lastClose = { code, reason, at };
    this.since = at;
    if (error === undefined) return;
    this.lastError = { error, at };
    this.#o.host.error(error);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { host, connects } = this.#o;
    const ms = this.#backoff.next();
    this.waiting = true;
    if (ms > 0) {
      host.judge(`connection ${this.id} is tried again in ${ms} ms`);
      await host.clock.sleep(ms, signal);
    }
    await connects.turn(signal);
    this.waiting = false;
  }

  #connect(standby: boolean, signal: AbortSignal): Link {
    this.generation++;
    if (!standby) this.since = this.#o.host.now();
    return new Link({
      id: this.id,
      endpoint: this.endpoint,
      generation: this.generation,
      standby,
      channels: this.channels,
      host: this.#o.host,
      onRotate: (reason) => {
        this.#rotation ??= this.#rotate(reason, signal)
          .catch((error: unknown) => this.#o.host.error(error))
          .finally(() => (this.#rotation = undefined));
      },
    });
  }

  /** A new connection stands before the old one is dropped; where it cannot be made, the old one stays as long as it lives. */
  async #rotate(reason: string, signal: AbortSignal): Promise<void> {
    const old = this.current;
    if (old === undefined || signal.aborted) return;
    const { host, connects } = this.#o;
    host.say("info", `replacing connection ${this.id}: ${reason}`, { connection: this.id });
    const backoff = new Backoff(host.options.reconnect ?? {}, host.clock, this.#o.random);
    while (this.current === old && !signal.aborted) {
      const over = AbortSignal.any([old.signal, signal]);
      await host.clock.sleep(backoff.next(), over);
      await connects.turn(over);
      if (over.aborted) return;
      const next = this.#connect(true, signal);
      this.#next = next;
      const first = await Promise.race([
        next.ready.then(() => "ready" as const),
        next.ended.then(() => "ended" as const),
        old.ended.then(() => "replaced" as const),
      ]);
      if (first === "ready") return old.end({ reason, code: 1000, planned: true });
      if (first === "replaced") return;
      if (this.#next === next) this.#next = undefined;
      this.#note(next, await next.ended);
      backoff.ended(0);
    }
  }
}
