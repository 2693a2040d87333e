import { createHash } from "node:crypto";
import { toMs } from "../http/duration.ts";
import type { KnownProxy } from "./pool-options.ts";
import { proxyAddress } from "./proxy-address.ts";

/**
 * `unchecked`: not used yet. `good`: it worked the last time. `suspect`: it failed the last time. `dead`: it failed several
 * times in a row, and is left alone for a while.
 */
export type ProxyState = "unchecked" | "good" | "suspect" | "dead";

/** What is known of a proxy. No credentials. */
export interface ProxyReport {
  /** `http://host:port`. */
  readonly proxy: string;
  /** Tells proxies apart that differ in user or password alone; the same in every process. */
  readonly id: string;
  readonly state: ProxyState;
  readonly tags: readonly string[];
  readonly requests: number;
  readonly failures: number;
  /** How often sites banned it. */
  readonly bans: number;
  /** Hosts that it is banned from now. */
  readonly bannedFrom: readonly string[];
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly cost: number;
}

/** Rests are doubled so many times at most. */
const MOST_DOUBLINGS = 6;
/** Hosts whose bans are remembered for each proxy; the oldest go first. */
const MOST_HOSTS = 10_000;

interface Ban {
  readonly untilMs: number;
  readonly times: number;
}

/** One proxy and how it has been doing. */
export class PooledProxy {
  readonly settings: KnownProxy;
  readonly shown: string;
  /** Of the whole address with its credentials, so that two users of one proxy are two proxies. */
  readonly id: string;
  state: ProxyState = "unchecked";
  /** Requests that are under way. */
  busy = 0;
  requests = 0;
  failures = 0;
  bans = 0;
  sentBytes = 0;
  receivedBytes = 0;
  /** When it was chosen last, counted in choices. */
  lastTurn = 0;
  /** No request before, where it is dead. */
  deadUntilMs = 0;
  #inARow = 0;
  readonly #banned = new Map<string, Ban>();

  constructor(settings: KnownProxy) {
    this.settings = settings;
    this.shown = proxyAddress(settings.url).shown;
    this.id = createHash("sha256").update(settings.url).digest("hex").slice(0, 12);
  }

  /** When it may be used for a host: a time that may be over. */
  usableAtMs(host: string): number {
    return Math.max(this.state === "dead" ? this.deadUntilMs : 0, this.#banned.get(host)?.untilMs ?? 0);
  }

  worked(host: string, nowMs: number): void {
    this.#lives();
    if ((this.#banned.get(host)?.untilMs ?? 0) <= nowMs) this.#banned.delete(host);
  }

  failed(
    nowMs: number,
    { deadAfter, recheckMs }: { readonly deadAfter: number; readonly recheckMs: number },
  ): void {
    this.failures++;
    this.#inARow++;
    if (this.#inARow < deadAfter) {
      this.state = "suspect";
      return;
    }
    this.state = "dead";
    this.deadUntilMs = nowMs + rest(recheckMs, this.#inARow - deadAfter);
  }

  /** That it is banned shows that it works. */
  banned(host: string, nowMs: number, duration: string | number): void {
    this.#lives();
    this.bans++;
    const times = (this.#banned.get(host)?.times ?? 0) + 1;
    this.#banned.delete(host);
    this.#banned.set(host, { times, untilMs: nowMs + rest(toMs(duration), times - 1) });
    if (this.#banned.size <= MOST_HOSTS) return;
    for (const oldest of this.#banned.keys()) return void this.#banned.delete(oldest);
  }

  #lives(): void {
    this.state = "good";
    this.#inARow = 0;
  }

  report(nowMs: number): ProxyReport {
    const { costPerGb, costPerRequest, tags } = this.settings;
    const { shown: proxy, id, state, requests, failures, bans, sentBytes, receivedBytes } = this;
    const bannedFrom = [...this.#banned].filter(([, { untilMs }]) => untilMs > nowMs).map(([host]) => host);
    const cost = requests * costPerRequest + ((sentBytes + receivedBytes) / 1e9) * costPerGb;
    return { proxy, id, state, tags, requests, failures, bans, bannedFrom, sentBytes, receivedBytes, cost };
  }
}

/** Doubled each time, plus up to half by chance, so that those who fell together do not come back together. */
function rest(ms: number, before: number): number {
  const floor = ms * 2 ** Math.min(before, MOST_DOUBLINGS);
  return floor + Math.random() * (floor / 2);
}
