import { MillraceError, parseOptions, redactor, systemClock, type Clock } from "@millrace/core";
import { formatMs, toMs } from "../http/duration.ts";
import { bannedBy, type Judged, type KnownBanRule } from "./ban-rule.ts";
import { chooseProxy, type Choosing, type ProxyWish } from "./choose-proxy.ts";
import {
  knownProxy,
  proxyPoolOptions,
  type KnownPoolOptions,
  type ProxyPoolOptions,
} from "./pool-options.ts";
import { PooledProxy, type ProxyReport } from "./pooled-proxy.ts";

/** Several proxies that requests go through, one or another, and what is known of their health. */
export class ProxyPool {
  readonly #options: KnownPoolOptions;
  readonly #clock: Clock;
  readonly #proxies: readonly PooledProxy[];
  readonly #choosing: Choosing;

  constructor(options: KnownPoolOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#choosing = { strategy: options.strategy, turn: 0, sticky: new Map() };
    const byId = new Map<string, PooledProxy>();
    for (const given of options.proxies) {
      const proxy = new PooledProxy(knownProxy(given));
      redactor.addPasswordOf(proxy.settings.url);
      byId.set(proxy.id, proxy);
    }
    this.#proxies = [...byId.values()];
  }

  /**
   * Takes a proxy for one request. Give it back with `ProxyLease.done`. Fails with MLR_SOURCE_FAILED where none is usable now,
   * with `details.retryAfterMs`, and with MLR_ARGUMENT_INVALID where none has the tags.
   */
  take(wish: ProxyWish): ProxyLease {
    const now = this.#clock.now();
    const tags = wish.tags ?? [];
    const fitting = this.#proxies.filter(({ settings }) => tags.every((tag) => settings.tags.includes(tag)));
    const usable = fitting.filter((proxy) => proxy.usableAtMs(wish.host) <= now);
    const chosen = chooseProxy(usable, wish, this.#choosing);
    if (chosen === undefined) throw this.#none(fitting, wish, now);
    chosen.busy++;
    chosen.requests++;
    return new ProxyLease(chosen, (outcome) => this.#settle(chosen, wish.host, outcome));
  }

  /** The rule by which an answer means that the proxy is banned. */
  judge(answer: Judged): KnownBanRule | undefined {
    return bannedBy(this.#options.bans, answer);
  }

  /** Health, counts, bytes and cost of each proxy. */
  report(): ProxyReport[] {
    return this.#proxies.map((proxy) => proxy.report(this.#clock.now()));
  }

  /** What all proxies have cost so far, by their `costPerGb` and `costPerRequest`. */
  get cost(): number {
    return this.report().reduce((sum, { cost }) => sum + cost, 0);
  }

  #settle(proxy: PooledProxy, host: string, outcome: ProxyOutcome): void {
    const now = this.#clock.now();
    proxy.busy--;
    proxy.sentBytes += outcome.sentBytes ?? 0;
    proxy.receivedBytes += outcome.receivedBytes ?? 0;
    const { deadAfter, recheck } = this.#options;
    if (outcome.kind === "worked") proxy.worked(host, now);
    else if (outcome.kind === "failed") proxy.failed(now, { deadAfter, recheckMs: toMs(recheck) });
    else if (outcome.kind === "banned") proxy.banned(host, now, outcome.rest);
  }

  #none(fitting: readonly PooledProxy[], { host, tags = [] }: ProxyWish, now: number): MillraceError {
    if (fitting.length === 0) {
      return new MillraceError("MLR_ARGUMENT_INVALID", `No proxy has the tags ${tags.join(", ")}`, {
        hint: "Give proxies their `tags` where the pool is made.",
      });
    }
    const waitMs = Math.max(0, Math.min(...fitting.map((each) => each.usableAtMs(host))) - now);
    const dead = fitting.filter(({ state }) => state === "dead").length;
    return new MillraceError(
      "MLR_SOURCE_FAILED",
      `Of ${fitting.length} proxies none can be used for ${host} before ${formatMs(waitMs)} have passed: ${dead} dead, ${fitting.length - dead} banned there`,
      {
        hint: "Ask slower, add proxies, or look at `pool.report()`.",
        details: { retryAfterMs: Math.ceil(waitMs), dead, banned: fitting.length - dead },
        retry: "later",
      },
    );
  }
}

/** How a request through a proxy went. `unknown`: whatever went wrong says nothing of the proxy. */
export type ProxyOutcome = { readonly sentBytes?: number; readonly receivedBytes?: number } & (
  | { readonly kind: "worked" | "failed" | "unknown" }
  | { readonly kind: "banned"; readonly rest: string | number }
);

/** A proxy for one request. Tell in the end how it went. */
export class ProxyLease {
  readonly proxy: PooledProxy;
  #settle: ((outcome: ProxyOutcome) => void) | undefined;

  constructor(proxy: PooledProxy, settle: (outcome: ProxyOutcome) => void) {
    this.proxy = proxy;
    this.#settle = settle;
  }

  /** Its address with credentials. */
  get url(): string {
    return this.proxy.settings.url;
  }

  /** The first call counts. */
  done(outcome: ProxyOutcome): void {
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}

/**
 * Makes a pool of proxies for `request` and `createClient`. A request that fails or is banned is tried again through another
 * one. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example proxyPool({ proxies: ["http://a.example:3128", "socks5://b.example:1080"], strategy: "least-used" })
 */
export function proxyPool(options: ProxyPoolOptions, clock: Clock = systemClock): ProxyPool {
  return new ProxyPool(parseOptions(proxyPoolOptions, options, "proxyPool()"), clock);
}
