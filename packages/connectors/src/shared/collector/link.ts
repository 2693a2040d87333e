import { type Json, MillraceError, type Row } from "@millrace/core";
import type { WebSocket } from "ws";
import type { Channel } from "./channel.ts";
import type { CollectorHost } from "./collector-host.ts";
import { connectSocket } from "./connect-socket.ts";
import type { Endpoint, KeepAlive } from "./definition.ts";
import type { Feed, FeedGap, Outgoing } from "./feed.ts";
import { Outbox } from "./outbox.ts";
import { Rate } from "./rate.ts";
import type { Subscription } from "./subscription.ts";
import { TaskTracker } from "./task-tracker.ts";
import { watchSilence } from "./watch-silence.ts";

/** How a connection ended. */
export interface LinkEnd {
  readonly reason: string;
  readonly code: number;
  /** It was ended from here, as planned: no failure. */
  readonly planned: boolean;
  /** Connecting again would not help. */
  readonly permanent?: MillraceError;
  readonly error?: unknown;
  /** For how long it had delivered data, in ms. */
  readonly goodMs: number;
}

export interface LinkOptions {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly generation: number;
  readonly standby: boolean;
  readonly channels: readonly Channel[];
  readonly host: CollectorHost;
  /** Asked for a new connection before this one is dropped. */
  readonly onRotate: (reason: string) => void;
}

const CONNECT_MS = 10_000;
const IDLE_MS = 15_000;
const PONG_MS = 10_000;
/** Milliseconds from subscribing to taking over, where not all subscriptions deliver. */
const TAKE_OVER_MS = 10_000;
/** Milliseconds for a fresh snapshot after it was asked for. */
const RECOVER_MS = 10_000;
/** Wait before a refused subscription is tried again, doubled with each refusal. */
const RETRY_MS = 5_000;
const RETRY_MOST_MS = 300_000;
/** Close codes that no server may send, for what this side found. */
const NONE = 1006;

/** One connection to a server, from connecting to its end. */
export class Link implements Feed {
  readonly id: string;
  readonly endpoint: string;
  readonly generation: number;
  standby: boolean;
  readonly subscriptions = new Map<string, Subscription>();
  readonly rate = new Rate();
  readonly ended: Promise<LinkEnd>;
  /** It could take over: all subscriptions deliver, or had the time to. */
  readonly ready: Promise<void>;
  state: "connecting" | "opening" | "open" | "closed" = "connecting";
  receivedAt = 0;
  bytes = 0;
  lastMessageWall = 0;
  readonly #o: LinkOptions;
  readonly #tasks: TaskTracker;
  readonly #channels: Map<string, Channel>;
  readonly #heard = new Set<string>();
  readonly #recovering = new Map<string, number>();
  readonly #outbox: Outbox;
  readonly #end = Promise.withResolvers<LinkEnd>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #begunAt: number;
  #socket: WebSocket | undefined;
  #paused = false;
  #over = false;
  #lastAt: number;
  #pingAt: number | undefined;
  #firstData: number | undefined;
  #lastData = 0;
  #subscribedAt: number | undefined;

  constructor(options: LinkOptions) {
    const { id, endpoint, generation, standby, channels, host } = options;
    this.#o = options;
    this.id = id;
    this.endpoint = endpoint.id;
    this.generation = generation;
    this.standby = standby;
    this.#channels = new Map(channels.map((channel) => [channel.key, channel]));
    for (const channel of channels) this.subscriptions.set(channel.key, channel.subscription);
    this.#begunAt = host.clock.monotonic();
    this.#lastAt = this.#begunAt;
    this.#tasks = new TaskTracker((name, error) => this.#fail(`${name} failed`, error));
    this.#outbox = new Outbox({
      clock: host.clock,
      perSecond: endpoint.messagesPerSecond ?? 10,
      tasks: this.#tasks,
      socket: () => this.#socket,
    });
    this.ended = this.#end.promise;
    this.ready = this.#ready.promise;
    this.#tasks.add("connect", (signal) => this.#connect(signal));
  }

  get signal(): AbortSignal {
    return this.#tasks.signal;
  }

  get tasks(): number {
    return this.#tasks.size;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Ends it. Idempotent; `ended` tells when it is over. */
  end(end: Omit<LinkEnd, "goodMs">): void {
    if (this.#over) return;
    this.#over = true;
    this.state = "closed";
    this.#tasks.cancelAll();
    const socket = this.#socket;
    socket?.removeAllListeners();
    // What it still says while it is torn down is of no use.
    socket?.on("error", () => undefined);
    if (end.planned && socket?.readyState === 1) socket.close(1000);
    else socket?.terminate();
    // A server that does not answer the close must not keep it.
    if (end.planned) socket?.terminate();
    const goodMs = this.#firstData === undefined ? 0 : this.#lastData - this.#firstData;
    this.#guard(() => this.#o.host.definition.closed?.(this, end));
    void this.#tasks.waitForAll().then(() => this.#end.resolve({ ...end, goodMs }));
  }

  /** Its place is taken by it now. */
  promote(): void {
    this.standby = false;
    for (const channel of this.#channels.values()) channel.connection = this.id;
  }

  pause(paused: boolean): void {
    if (this.#paused === paused || this.#socket === undefined) return;
    this.#paused = paused;
    if (paused) this.#socket.pause();
    else {
      this.#socket.resume();
      // What waited is older than it seems.
      this.#lastAt = this.#o.host.clock.monotonic();
      this.#pingAt = undefined;
      for (const channel of this.#channels.values())
        if (channel.armedAt !== undefined) channel.armedAt = this.#lastAt;
    }
  }

  /** Looks at its deadlines. */
  tend(now: number): void {
    if (this.#over) return;
    this.rate.tick(now);
    if (this.state !== "open") return this.#tendOpening(now);
    if (this.#paused) return;
    if (this.#subscribedAt !== undefined && now - this.#subscribedAt > TAKE_OVER_MS) this.#ready.resolve();
    this.#keepAlive(now);
    const late = [...this.#recovering].find(([, since]) => now - since > RECOVER_MS);
    if (late !== undefined) return this.#drop(`no fresh data of ${late[0]} after it was asked for`);
    if (!this.standby) this.#tendData(now);
    this.#retryRefused(now);
  }

  subscribeMore(channels: readonly Channel[]): void {
    for (const channel of channels) {
      this.#channels.set(channel.key, channel);
      this.subscriptions.set(channel.key, channel.subscription);
    }
    if (this.state === "open") this.#subscribe(channels);
  }

  unsubscribe(keys: readonly string[]): void {
    const found = keys.flatMap((key) => this.#channels.get(key) ?? []);
    const { unsubscribe } = this.#o.host.definition;
    const subscriptions = found.map(({ subscription }) => subscription);
    if (this.state === "open" && unsubscribe !== undefined && found.length > 0)
      for (const message of unsubscribe(subscriptions, this)) this.send(message);
    for (const channel of found) {
      channel.state = "unsubscribed";
      channel.armedAt = undefined;
      this.#channels.delete(channel.key);
      this.subscriptions.delete(channel.key);
      this.#recovering.delete(channel.key);
    }
  }

  data(key: string, exchangeTimeMs?: number): void {
    const { host } = this.#o;
    const now = host.clock.monotonic();
    this.#firstData ??= now;
    this.#lastData = now;
    this.#recovering.delete(key);
    const channel = this.#channels.get(key);
    if (channel === undefined) return;
    if (!this.standby) channel.heard(now, this.receivedAt);
    if (exchangeTimeMs !== undefined) host.lag.received.add(this.receivedAt - exchangeTimeMs);
    if (this.#heard.size < this.#channels.size) {
      this.#heard.add(key);
      if (this.#heard.size >= this.#channels.size) this.#ready.resolve();
    }
  }

  land(stream: string, rows: readonly Row[]): void {
    this.#o.host.land(stream, rows, this.receivedAt);
  }

  emit(type: string, value: unknown): void {
    this.#o.host.dispatcher.emit(type, value);
  }

  wanted(type: string): boolean {
    return this.#o.host.dispatcher.wanted(type);
  }

  position(key: string, value: Json): void {
    this.#o.host.position(key, value);
  }

  positionOf(key: string): Json | undefined {
    return this.#o.host.positionOf(key);
  }

  accepted(key: string): void {
    const channel = this.#channels.get(key);
    if (channel === undefined) return;
    channel.refusals = 0;
    channel.retryAt = undefined;
    if (channel.state === "refused") channel.state = "subscribing";
  }

  refused(key: string, error: MillraceError): void {
    const { host } = this.#o;
    const channel = this.#channels.get(key);
    host.error(error);
    if (channel === undefined) return;
    channel.state = "refused";
    channel.armedAt = undefined;
    this.#recovering.delete(key);
    const wait = Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** Math.min(10, channel.refusals++));
    channel.retryAt = error.retry === "never" ? undefined : host.clock.monotonic() + wait;
    host.judge(`the server refused ${key}: ${error.message}`);
  }

  resubscribe(key: string, reason: string): void {
    const channel = this.#channels.get(key);
    if (channel === undefined || this.#recovering.has(key) || this.state !== "open") return;
    const { host } = this.#o;
    this.#recovering.set(key, host.clock.monotonic());
    channel.resubscribes++;
    if (!this.standby) channel.state = "recovering";
    host.say("info", `subscribing to ${key} anew: ${reason}`, { connection: this.id });
    const { definition } = host;
    if (definition.unsubscribe === undefined) return this.#drop(`${key} needs a fresh start: ${reason}`);
    for (const message of definition.unsubscribe([channel.subscription], this)) this.send(message);
    for (const message of definition.subscribe([channel.subscription], this)) this.send(message);
  }

  send(message: Outgoing): void {
    this.#outbox.send(message);
  }

  pong(): void {
    this.#pingAt = undefined;
  }

  rotate(reason: string): void {
    if (!this.standby) this.#o.onRotate(reason);
  }

  reconnect(reason: string): void {
    this.#drop(reason);
  }

  fail(error: MillraceError): void {
    this.end({ reason: error.message, code: NONE, planned: false, permanent: error, error });
  }

  invalid(raw: string | Uint8Array, reason: string): void {
    this.#o.host.invalid(raw, reason, this.receivedAt);
  }

  gap(gap: FeedGap): void {
    this.#o.host.gap(gap);
  }

  count(name: string, by = 1): void {
    this.#o.host.count(name, by);
  }

  task(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    this.#tasks.add(name, work);
  }

  after(ms: number, name: string, work: () => void): () => void {
    const cancelled = new AbortController();
    this.#tasks.add(name, async (signal) => {
      await this.#o.host.clock.sleep(ms, AbortSignal.any([signal, cancelled.signal]));
      if (!signal.aborted && !cancelled.signal.aborted) work();
    });
    return () => cancelled.abort();
  }

  log(level: "debug" | "info" | "warn", message: string, details?: Record<string, Json>): void {
    this.#o.host.say(level, message, { connection: this.id, ...details });
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { endpoint, host } = this.#o;
    const { options } = host;
    const url = typeof endpoint.url === "string" ? endpoint.url : await endpoint.url(signal);
    const timeoutMs = options.reconnect?.connectTimeoutMs ?? CONNECT_MS;
    const socket = await connectSocket({ url, headers: endpoint.headers ?? {}, timeoutMs, options, signal });
    if (signal.aborted) {
      socket.on("error", () => undefined);
      return socket.terminate();
    }
    this.#socket = socket;
    socket.on("open", () => this.#tasks.add("open", () => this.#opened()));
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    socket.on("pong", () => this.#alive());
    socket.on("ping", () => this.#alive());
    socket.on("error", (error) => this.#fail("the connection failed", error));
    socket.on("close", (code, reason) => this.#closed(code, reason.toString("utf8")));
  }

  async #opened(): Promise<void> {
    const { definition } = this.#o.host;
    this.state = "opening";
    this.#alive();
    await definition.opened?.(this);
    if (this.#over) return;
    this.state = "open";
    this.#subscribe([...this.#channels.values()]);
    this.#subscribedAt = this.#o.host.clock.monotonic();
    if (this.#channels.size === 0) this.#ready.resolve();
    this.#o.host.judge(`connection ${this.id} stands`);
  }

  #subscribe(channels: readonly Channel[]): void {
    const wanted = channels.filter(({ state, retryAt }) => state !== "refused" || retryAt !== undefined);
    const now = this.#o.host.clock.monotonic();
    for (const channel of wanted) {
      if (this.standby) continue;
      channel.connection = this.id;
      channel.armedAt = now;
      channel.retryAt = undefined;
      channel.state = "subscribing";
    }
    const subscriptions = wanted.map(({ subscription }) => subscription);
    if (subscriptions.length === 0) return;
    for (const message of this.#o.host.definition.subscribe(subscriptions, this)) this.send(message);
  }

  #message(data: Buffer, isBinary: boolean): void {
    const { host } = this.#o;
    this.rate.add();
    this.bytes += data.length;
    host.received(data.length);
    this.receivedAt = host.now();
    this.lastMessageWall = this.receivedAt;
    this.#alive();
    const message = isBinary ? data : data.toString("utf8");
    try {
      host.definition.parse(message, this);
    } catch (error) {
      host.invalid(message, error instanceof Error ? error.message : String(error), this.receivedAt, error);
    }
  }

  #alive(): void {
    this.#lastAt = this.#o.host.clock.monotonic();
    this.#pingAt = undefined;
  }

  #keepAlive(now: number): void {
    const {
      kind,
      ping,
      idleMs = IDLE_MS,
      timeoutMs = PONG_MS,
    }: KeepAlive = this.#o.endpoint.keepAlive ?? {
      kind: "frame",
    };
    if (kind === "none") return;
    if (this.#pingAt !== undefined) {
      if (now - this.#pingAt > timeoutMs) this.#drop(`no answer to a ping within ${timeoutMs} ms`);
      return;
    }
    if (now - this.#lastAt < idleMs) return;
    this.#pingAt = now;
    if (kind === "frame") this.#socket?.ping();
    else if (ping !== undefined) this.send(typeof ping === "function" ? ping() : ping);
  }

  #tendOpening(now: number): void {
    const { connectTimeoutMs = CONNECT_MS } = this.#o.host.options.reconnect ?? {};
    if (now - this.#begunAt > connectTimeoutMs) this.#drop(`no connection within ${connectTimeoutMs} ms`);
  }

  #tendData(now: number): void {
    const { host, endpoint } = this.#o;
    const silent = watchSilence(this, this.#channels.values(), { host, now });
    if (silent !== undefined) return this.#drop(silent);
    const { lifetimeMs } = endpoint;
    // Not all at once: up to a tenth earlier, by the place.
    const early = 1 - (hash(this.id) % 100) / 1_000;
    if (lifetimeMs !== undefined && now - this.#begunAt > lifetimeMs * early)
      this.rotate("its planned lifetime is over");
  }

  #retryRefused(now: number): void {
    const due = [...this.#channels.values()].filter(
      ({ state, retryAt }) => state === "refused" && retryAt !== undefined && now >= retryAt,
    );
    if (due.length > 0) this.#subscribe(due);
  }

  #closed(code: number, reason: string): void {
    const { closeMeans } = this.#o.host.definition;
    const said = `the server closed the connection: ${code}${reason === "" ? "" : ` ${reason}`}`;
    if (closeMeans?.(code, reason) === "fail") {
      const error = new MillraceError("MLR_SOURCE_DENIED", said, { details: { code, reason } });
      return this.end({ reason: said, code, planned: false, permanent: error, error });
    }
    this.end({ reason: said, code, planned: false });
  }

  #drop(reason: string): void {
    this.end({ reason, code: NONE, planned: false });
  }

  #fail(what: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const permanent = error instanceof MillraceError && error.retry === "never" ? error : undefined;
    this.end({
      reason: `${what}: ${message}`,
      code: NONE,
      planned: false,
      error,
      ...(permanent === undefined ? {} : { permanent }),
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#o.host.error(error);
    }
  }
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (value * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return value;
}
