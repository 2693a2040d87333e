import { type Clock, MillraceError } from "@millrace/core";
import type { ControlStore } from "@millrace/platform";
import type { FastifyRequest } from "fastify";
import type pg from "pg";
import type { WebSocket } from "@fastify/websocket";
import type { Guard } from "../server/guard.ts";
import { identityOf } from "../server/identity-of.ts";
import { CLOSE } from "./close-codes.ts";
import { Connection, type LiveTimes } from "./connection.ts";
import { EventFeed, type FeedContext } from "./event-feed.ts";
import { Hub } from "./hub.ts";
import { LogFeeds } from "./log-feeds.ts";
import { MetricsFeed } from "./metrics-feed.ts";
import { SourceFeeds } from "./source-feeds.ts";
import { RunFeed } from "./run-feed.ts";
import { topicOf } from "./topic.ts";

/** What live updates are made of. */
export interface LiveOptions {
  readonly guard: Pick<Guard, "identify">;
  /** Default: as `LiveTimes` says. */
  readonly times?: Partial<LiveTimes>;
  /** Connections at the same time. Default 1,500. */
  readonly connections?: number;
  /** Connections of one user or token. Default 200. */
  readonly perIdentity?: number;
  /** Is told what the database fails with; live updates go on by themselves. Default: nobody. */
  readonly onError?: (error: unknown) => void;
}

const TIMES: LiveTimes = { pingMs: 20_000, silenceMs: 50_000, stallMs: 20_000, accessMs: 10_000 };
const CONNECTIONS = 1_500;
const PER_IDENTITY = 200;
/** How often connections are looked at. */
const TEND_MS = 1_000;
/** Questions to the database about who may still follow, at the same time. */
const ASKED_AT_ONCE = 4;

/** All connections for live updates, and what feeds them. */
export class Live {
  readonly hub: Hub;
  readonly #guard: Pick<Guard, "identify">;
  readonly #clock: Clock;
  readonly #times: LiveTimes;
  readonly #limits: { readonly all: number; readonly perIdentity: number };
  readonly #events: EventFeed;
  readonly #runs: RunFeed;
  readonly #logs: LogFeeds;
  readonly #metrics: MetricsFeed;
  readonly #sources: SourceFeeds;
  readonly #connections = new Map<Connection, string>();
  readonly #onError: (error: unknown) => void;
  #tending: NodeJS.Timeout | undefined;
  #asking = false;
  #closing: Promise<void> | undefined;

  constructor(
    from: { readonly pool: pg.Pool; readonly control: ControlStore; readonly clock: Clock },
    options: LiveOptions,
  ) {
    const { pool, control, clock } = from;
    const { guard, times, connections = CONNECTIONS, perIdentity = PER_IDENTITY } = options;
    this.#onError = options.onError ?? (() => undefined);
    this.hub = new Hub(clock);
    this.#guard = guard;
    this.#clock = clock;
    this.#times = { ...TIMES, ...times };
    this.#limits = { all: connections, perIdentity };
    const context: FeedContext = { hub: this.hub, pool, clock, onError: this.#onError };
    this.#runs = new RunFeed(context);
    this.#events = new EventFeed(context, (run) => this.#runs.poke(run));
    this.#logs = new LogFeeds(context, control.url);
    this.#sources = new SourceFeeds(context);
    this.#metrics = new MetricsFeed(context, () => this.#connections.size);
  }

  /** Fails with MLR_REQUEST_LIMIT where there is no room for one more. */
  admit(request: FastifyRequest): void {
    const { id } = identityOf(request);
    let own = 0;
    for (const other of this.#connections.values()) if (other === id) own++;
    if (
      this.#closing === undefined &&
      this.#connections.size < this.#limits.all &&
      own < this.#limits.perIdentity
    )
      return;
    throw new MillraceError("MLR_REQUEST_LIMIT", "There are too many connections for live updates", {
      hint: "Close other pages of the dashboard, or try again in a moment.",
    });
  }

  /** Takes over the connection of a request that was let through. */
  connect(socket: WebSocket, request: FastifyRequest): void {
    const identity = identityOf(request);
    const connection = new Connection(
      socket,
      { request, identity },
      {
        hub: this.hub,
        clock: this.#clock,
        times: this.#times,
        prepare: (topic) => this.#prepare(topic),
        left: (topic) => this.#left(topic),
      },
    );
    this.#connections.set(connection, identity.id);
    socket.on("close", () => this.#connections.delete(connection));
    this.#tending ??= setInterval(() => this.#tend(), TEND_MS).unref();
    if (this.#closing !== undefined) connection.close(CLOSE.goingAway, "The server ends");
  }

  /** Tells all clients to come back later, and ends the feeds. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#tending);
    for (const connection of this.#connections.keys()) connection.close(CLOSE.goingAway, "The server ends");
    const feeds = [this.#events, this.#runs, this.#logs, this.#metrics, this.#sources];
    await Promise.all(feeds.map((feed) => feed.close()));
  }

  async #prepare(topic: string): Promise<void> {
    const { kind, of } = topicOf(topic);
    switch (kind) {
      case "metrics":
        this.#metrics.start();
        return;
      case "sources":
        this.#sources.start(of);
        return;
      case "log":
        return this.#logs.ready(of);
      case "events":
        return this.#events.ready();
      case "runs":
      case "run":
      case "pipeline":
        // What happens to a run wakes the one who looks at runs.
        await this.#events.ready();
        return this.#runs.ready();
    }
  }

  #left(topic: string): void {
    const { kind, of } = topicOf(topic);
    if (kind === "log" && !this.hub.isFollowed(topic)) this.#logs.left(of);
  }

  #tend(): void {
    const now = this.#clock.monotonic();
    const due: Connection[] = [];
    for (const connection of this.#connections.keys()) {
      connection.tend(now);
      // One that was closed may take its time to go.
      if (connection.closed) this.#connections.delete(connection);
      else if (connection.accessDue(now)) due.push(connection);
    }
    if (due.length > 0 && !this.#asking) {
      this.#asking = true;
      void this.#ask(due).finally(() => (this.#asking = false));
    }
  }

  /** Asks once for all connections that were made with the same cookie or token. */
  async #ask(due: readonly Connection[]): Promise<void> {
    const groups = Map.groupBy(due, (connection) => {
      const { authorization, cookie } = connection.request.headers;
      return JSON.stringify([this.#connections.get(connection), authorization, cookie]);
    });
    const waiting = [...groups.values()];
    const next = async (): Promise<void> => {
      for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) await this.#askFor(group);
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, next));
  }

  async #askFor(group: readonly Connection[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    try {
      const identity = await this.#guard.identify(first.request);
      for (const connection of group) connection.confirm(identity);
    } catch (error) {
      // Where nobody can be asked they stay for now.
      if (!(error instanceof MillraceError) || !ENDED.has(error.code)) return this.#onError(error);
      for (const connection of group) connection.confirm(undefined);
    }
  }
}

const ENDED: ReadonlySet<string> = new Set(["MLR_SIGN_IN_REQUIRED", "MLR_ACCESS_DENIED"]);
