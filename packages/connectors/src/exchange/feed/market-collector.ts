import { type Clock, type Json, MillraceError, nearest, resolveSecrets, systemClock } from "@millrace/core";
import { collector } from "../../shared/collector/collector.ts";
import type { Collector } from "../../shared/collector/collector-type.ts";
import type {
  CollectorDefinition,
  CollectorOptions,
  Endpoint,
  SetupContext,
} from "../../shared/collector/definition.ts";
import type { Feed } from "../../shared/collector/feed.ts";
import { subscriptionKey, type Subscription as Asked } from "../../shared/collector/subscription.ts";
import type { ExchangeCredentials, Signing } from "../model/exchange-mapping.ts";
import type { Subscription } from "../model/mapping.ts";
import type { Instrument } from "../model/market-event.ts";
import type { ResolvedExchangeOptions } from "../options.ts";
import { RestClient } from "../rest/rest-client.ts";
import { Connection } from "./connection.ts";
import { type Endpoints, endpointsOf } from "./endpoints.ts";
import { MarketSession } from "./market-session.ts";
import type { MarketPlan, PlannedSubscription } from "./plan.ts";
import { feedSettings, streamsOf } from "./settle.ts";
import { streamDefinition } from "./streams.ts";

const TICK_MS = 1_000;
/** Milliseconds from the login to its answer. */
const LOGIN_MS = 10_000;

/** What may not happen for days, or is told by the hour: silence says nothing. */
const SELDOM: ReadonlySet<string> = new Set(["account", "funding", "instrument", "liquidation"]);

/** The live source of an exchange. */
export function marketCollector(
  plan: MarketPlan,
  options: ResolvedExchangeOptions,
  clock: Clock = systemClock,
): Collector {
  return collector(
    new MarketDefinition(plan, options, clock).definition(),
    collectorOptions(plan, options, clock),
  );
}

class MarketDefinition {
  readonly #plan: MarketPlan;
  readonly #options: ResolvedExchangeOptions;
  readonly #clock: Clock;
  #endpoints: Endpoints;
  readonly #connections = new Map<Feed, Connection>();
  #session: MarketSession;
  #credentials: ExchangeCredentials | undefined;
  #requests = 0;

  constructor(plan: MarketPlan, options: ResolvedExchangeOptions, clock: Clock) {
    this.#plan = plan;
    this.#options = options;
    this.#clock = clock;
    // What is wrong with the addresses is told before anything starts; a function is asked then.
    this.#endpoints = endpointsOf(plan.mapping, {
      endpoint: typeof options.endpoint === "string" ? options.endpoint : "live",
      endpoints: options.endpoints,
    });
    this.#session = new MarketSession(plan, feedSettings(options, clock), this.#client());
  }

  definition(): CollectorDefinition {
    const { mapping, subscriptions } = this.#plan;
    return {
      name: mapping.name,
      subscriptions: subscriptions.map(({ channel, symbol }): Asked =>
        symbol === "" ? { channel } : { channel, symbol },
      ),
      streams: streamsOf(this.#plan, this.#options).map(streamDefinition),
      connect: (asked) => this.#endpoint(asked),
      subscribe: (asked) => mapping.subscribe(this.#native(asked), this.#signing()),
      unsubscribe: (asked) => mapping.unsubscribe(this.#native(asked), this.#signing()),
      starting: (context) => this.#starting(context),
      opened: (feed) => this.#opened(feed),
      parse: (message, feed) => this.#connection(feed).message(textOf(message)),
      closed: (feed) => this.#closed(feed),
      closeMeans: (code, reason) => (mapping.closeIsFinal?.(code, reason) === true ? "fail" : "retry"),
      view: (): Json => ({ books: [...this.#session.view.values()].slice(0, 100) }),
    };
  }

  #endpoint(asked: Asked): Endpoint {
    const { mapping } = this.#plan;
    const name = this.#planned(asked).facts.socket;
    const facts = mapping.sockets[name];
    if (facts === undefined) throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no socket "${name}"`);
    const { address } = mapping;
    const { keepAlive, lifetimeMs } = facts;
    return {
      id: name,
      url: async (signal) =>
        this.#endpoints.socket(name) + ((await address?.(name, { ...this.#rest(), signal })) ?? ""),
      maxSubscriptions: facts.perConnection,
      messagesPerSecond: facts.sendsPerSecond,
      connectsPerSecond: facts.connectsPerSecond,
      keepAlive:
        keepAlive === undefined
          ? { kind: "frame", idleMs: 20_000 }
          : { kind: "message", ping: keepAlive.send, idleMs: keepAlive.afterMs },
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    };
  }

  async #starting({ read, signal }: SetupContext): Promise<void> {
    const { credentials } = this.#options;
    const known =
      credentials === undefined || read === undefined ? credentials : await resolveSecrets(credentials, read);
    this.#credentials = known as ExchangeCredentials | undefined;
    const { mapping } = this.#plan;
    if (this.#credentials === undefined) {
      const closed = this.#plan.subscriptions.find(({ facts }) => facts.login === true);
      if (closed !== undefined) throw noCredentials(mapping.name, closed.channel);
    }
    const { endpoint, endpoints } = this.#options;
    if (typeof endpoint === "function")
      this.#endpoints = endpointsOf(mapping, { endpoint: await endpoint(), endpoints });
    await this.#session.client.close();
    this.#session = new MarketSession(this.#plan, feedSettings(this.#options, this.#clock), this.#client());
    this.#connections.clear();
    if (!this.#options.checkSymbols && !this.#options.instruments) return;
    try {
      await this.#checkSymbols(signal);
    } catch (error) {
      if (error instanceof MillraceError && error.code === "MLR_ARGUMENT_INVALID") throw error;
      const said = error instanceof Error ? error.message : String(error);
      read?.log("warn", `the list of instruments cannot be had, so that symbols are not checked: ${said}`);
    }
  }

  /** Compares the symbols with the exchange's instruments, one list for each kind of them. */
  async #checkSymbols(signal: AbortSignal): Promise<void> {
    const { mapping, subscriptions } = this.#plan;
    const left = new Map(
      subscriptions.flatMap(({ native, symbol }) => (native === "" ? [] : [[native, symbol]])),
    );
    const context = { ...this.#rest(), signal };
    for (let [native] = left.keys(); native !== undefined; [native] = left.keys()) {
      const found = await mapping.rest.instruments?.(native, context);
      if (found === undefined) return;
      const listed = new Map(found.map((each) => [each.native, each]));
      const symbol = left.get(native) ?? "";
      if (!listed.has(native)) throw unknownSymbol(mapping.name, symbol, found);
      const ours = [...left.keys()].flatMap((each) => listed.get(each) ?? []);
      for (const each of ours) left.delete(each.native);
      if (this.#options.instruments)
        this.#session.waiting.push({ stream: "instruments", rows: ours.map((each) => ({ ...each })) });
    }
  }

  async #opened(feed: Feed): Promise<void> {
    const connection = this.#connection(feed);
    const { mapping } = this.#plan;
    const now = (): void => {
      connection.tick(Math.round(this.#clock.now() * 1_000));
      feed.after(TICK_MS, "tick", now);
    };
    if (this.#options.candles.intervals.length > 0) feed.after(TICK_MS, "tick", now);
    const closed = [...feed.subscriptions.values()].some((each) => this.#planned(each).facts.login === true);
    const logsIn = mapping.logsIn?.(feed.endpoint) === true || (closed && mapping.login !== undefined);
    if (!logsIn || mapping.login === undefined || this.#credentials === undefined) return;
    const done = connection.loggedIn();
    feed.send(mapping.login(this.#credentials, this.#clock.now()));
    await loginWithin(feed, done, mapping.name);
  }

  #closed(feed: Feed): void {
    this.#connections.delete(feed);
    // Whatever asked by REST belonged to a connection.
    if (this.#connections.size === 0) void this.#session.client.close();
  }

  #connection(feed: Feed): Connection {
    let connection = this.#connections.get(feed);
    if (connection === undefined) {
      connection = new Connection(feed, this.#session);
      this.#connections.set(feed, connection);
    }
    return connection;
  }

  #planned(asked: Asked): PlannedSubscription {
    const key = subscriptionKey(asked);
    const planned = this.#session.subscription(key);
    if (planned !== undefined) return planned;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${key}" was not among the symbols and channels`, {
      hint: "Start another collector for it.",
    });
  }

  #native(asked: readonly Asked[]): Subscription[] {
    return asked.map((each) => {
      const { channel, native } = this.#planned(each);
      return { channel, native };
    });
  }

  #signing(): Signing {
    return {
      credentials: this.#credentials,
      now: this.#clock.now(),
      nextId: () => (this.#requests += 10),
    };
  }

  #rest(): Omit<Parameters<NonNullable<MarketPlan["mapping"]["rest"]["instruments"]>>[1], "signal"> {
    return {
      client: this.#session.client,
      symbols: this.#plan.symbols,
      now: () => Math.round(this.#clock.now() * 1_000),
    };
  }

  #client(): RestClient {
    const { proxy, tls } = this.#options;
    const { mapping } = this.#plan;
    const headers = this.#credentials === undefined ? undefined : mapping.restHeaders?.(this.#credentials);
    return new RestClient({
      exchange: mapping.name,
      base: (path) => this.#endpoints.rest(path),
      spacingMs: this.#options.endpoint === "live" ? mapping.rest.spacingMs : 0,
      clock: this.#clock,
      ...(proxy === undefined ? {} : { proxy }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.verify === undefined ? {} : { verify: tls.verify }),
      ...(headers === undefined ? {} : { headers }),
    });
  }
}

/** Fails where the login is not answered in time, or the connection has ended before. */
async function loginWithin(feed: Feed, done: Promise<void>, exchange: string): Promise<void> {
  const ended = Promise.withResolvers<never>();
  const end = (): void =>
    ended.reject(
      new MillraceError("MLR_SOURCE_FAILED", `${exchange} did not answer the login`, { retry: "later" }),
    );
  const cancel = feed.after(LOGIN_MS, "login", end);
  feed.signal.addEventListener("abort", end, { once: true });
  try {
    await Promise.race([done, ended.promise]);
  } finally {
    cancel();
    feed.signal.removeEventListener("abort", end);
  }
}

function collectorOptions(
  plan: MarketPlan,
  options: ResolvedExchangeOptions,
  clock: Clock,
): CollectorOptions {
  const known = plan.subscriptions.flatMap(({ channel, facts }): [string, number | false][] => {
    const silence = SELDOM.has(facts.brings) ? false : facts.silenceMs;
    return silence === undefined ? [] : [[channel, silence]];
  });
  const { reconnect, autoRestart, proxy, tls, memoryRows, journal } = options;
  return {
    clock,
    silence: { afterMs: { ...Object.fromEntries(known), ...options.silence } },
    ...(reconnect === undefined ? {} : { reconnect: defined(reconnect) }),
    ...(autoRestart === undefined ? {} : { autoRestart }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(tls === undefined ? {} : { tls: defined(tls) }),
    ...(memoryRows === undefined ? {} : { memoryRows }),
    ...(journal === undefined ? {} : { journal: defined(journal) }),
  };
}

/** Without what is undefined. */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function textOf(message: string | Uint8Array): string {
  return typeof message === "string" ? message : Buffer.from(message).toString("utf8");
}

function noCredentials(exchange: string, channel: string): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `exchange("${exchange}"): channel "${channel}" wants a login`,
    {
      hint: "Give credentials: { key, secret, passphrase }, best of all as secret(…).",
    },
  );
}

function unknownSymbol(exchange: string, symbol: string, listed: readonly Instrument[]): MillraceError {
  const near = nearest(
    symbol,
    listed.map((each) => each.symbol),
  );
  const some = listed.slice(0, 5).map((each) => each.symbol);
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `exchange("${exchange}"): there is no instrument "${symbol}"`,
    {
      hint: near === undefined ? `There are ${listed.length}, such as ${some.join(", ")}.` : `Is it ${near}?`,
    },
  );
}
