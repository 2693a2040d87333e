import { MillraceError, type Clock } from "@millrace/core";
import { formatMs, toMs } from "../../shared/http/duration.ts";
import type { BudgetOptions } from "./options.ts";
import type { LearnedLimit } from "./learned-limit.ts";
import { SlidingWindow } from "./sliding-window.ts";
import type { ThrottleMeter } from "./throttle-meter.ts";

const CONCURRENCY = 4;

/** Requests that share a limit. */
interface Bucket {
  readonly name: string;
  readonly concurrency: number;
  readonly window: SlidingWindow | undefined;
  running: number;
  /** Monotonic time before which nothing may be sent. */
  blockedUntil: number;
  why: string;
  /** Requests that the server still allows until a time; undefined where it does not say. */
  allowed: { left: number; until: number } | undefined;
}

/** What a budget works with. */
export interface BudgetParts {
  readonly rules: readonly BudgetOptions[];
  readonly clock: Clock;
  readonly meter: ThrottleMeter;
  /** Longest time to wait for a limit in one go. */
  readonly maxWaitMs: number;
}

/** Decides when a request may be sent: by the limits that were configured and those that servers tell. */
export class Budget {
  readonly #parts: BudgetParts;
  readonly #buckets = new Map<string, Bucket>();
  readonly #matchers: readonly { readonly rule: BudgetOptions; readonly route: RegExp | undefined }[];
  readonly #waiters = new Set<() => void>();

  constructor(parts: BudgetParts) {
    this.#parts = parts;
    this.#matchers = parts.rules.map((rule) => ({
      rule,
      route: rule.route === undefined ? undefined : routePattern(rule.route),
    }));
  }

  /** Waits until a request to `url` may be sent; the function that is returned says that it is over. */
  async acquire(url: URL, signal: AbortSignal): Promise<() => void> {
    const buckets = this.#bucketsOf(url);
    for (;;) {
      signal.throwIfAborted();
      const now = this.#parts.clock.monotonic();
      const blocked = longestWait(buckets, now);
      if (blocked !== undefined) {
        this.#refuseTooLong(blocked.ms, blocked.why);
        await this.#parts.meter.wait(blocked.ms, blocked.why, signal);
      } else if (buckets.some(({ running, concurrency }) => running >= concurrency)) {
        await this.#released(signal);
      } else {
        return this.#take(buckets, now);
      }
    }
  }

  /** Takes in what a server told of its limit with an answer to a request to `url`. */
  learn(url: URL, limit: LearnedLimit, floorMs: number): void {
    const now = this.#parts.clock.monotonic();
    const bucket = this.#narrowest(url);
    // Requests under way were counted by us already, and perhaps not yet by the server.
    const left = Math.max(0, Math.floor(limit.remaining) - Math.max(0, bucket.running - 1));
    const until = now + Math.max(limit.resetMs ?? 0, limit.remaining < 1 ? floorMs : 0);
    bucket.allowed = until > now ? { left, until } : undefined;
  }

  /** Nothing is sent to where `url` is for some time. */
  block(url: URL, ms: number, why: string): void {
    const bucket = this.#narrowest(url);
    const until = this.#parts.clock.monotonic() + ms;
    if (until <= bucket.blockedUntil) return;
    bucket.blockedUntil = until;
    bucket.why = why;
  }

  #take(buckets: readonly Bucket[], now: number): () => void {
    for (const bucket of buckets) {
      bucket.running++;
      bucket.window?.take(now);
      if (bucket.allowed !== undefined) bucket.allowed.left--;
    }
    let over = false;
    return () => {
      if (over) return;
      over = true;
      for (const bucket of buckets) bucket.running--;
      for (const wake of this.#waiters) wake();
      this.#waiters.clear();
    };
  }

  #released(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  #refuseTooLong(ms: number, why: string): void {
    if (ms <= this.#parts.maxWaitMs) return;
    throw new MillraceError("MLR_SOURCE_LIMIT", `${why}, which is ${formatMs(ms)} from now`, {
      hint: "Run again later: it goes on where it stopped. Or let it wait longer with `retry: { maxThrottle }`.",
      details: { waitMs: Math.round(ms) },
      retry: "later",
    });
  }

  #bucketsOf(url: URL): readonly Bucket[] {
    const own = this.#matchers.filter(({ route }) => route?.test(url.host + url.pathname) === true);
    const general = this.#matchers.find(({ route }) => route === undefined)?.rule;
    return [
      this.#bucket(url.host, general, CONCURRENCY),
      ...own.map(({ rule }) => this.#bucket(rule.route ?? "", rule, Number.POSITIVE_INFINITY)),
    ];
  }

  /** A route's limit where there is one for it, else that of the host. */
  #narrowest(url: URL): Bucket {
    const buckets = this.#bucketsOf(url);
    return buckets.at(-1) ?? this.#bucket(url.host, undefined, CONCURRENCY);
  }

  #bucket(name: string, rule: BudgetOptions | undefined, concurrency: number): Bucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const made: Bucket = {
      name,
      concurrency: rule?.concurrency ?? concurrency,
      window: rule?.requests === undefined ? undefined : new SlidingWindow(rule.requests, toMs(rule.per)),
      running: 0,
      blockedUntil: Number.NEGATIVE_INFINITY,
      why: "",
      allowed: undefined,
    };
    this.#buckets.set(name, made);
    return made;
  }
}

function longestWait(buckets: readonly Bucket[], now: number): { ms: number; why: string } | undefined {
  let longest: { ms: number; why: string } | undefined;
  for (const bucket of buckets) {
    for (const wait of waitsOf(bucket, now)) if (wait.ms > (longest?.ms ?? 0)) longest = wait;
  }
  return longest;
}

function waitsOf(bucket: Bucket, now: number): { ms: number; why: string }[] {
  if (bucket.allowed !== undefined && bucket.allowed.until <= now) bucket.allowed = undefined;
  const learned = bucket.allowed !== undefined && bucket.allowed.left <= 0 ? bucket.allowed.until - now : 0;
  return [
    { ms: bucket.blockedUntil - now, why: bucket.why },
    { ms: bucket.window?.waitMs(now) ?? 0, why: `the budget of ${bucket.name} is used up` },
    { ms: learned, why: `${bucket.name} allows no more requests before its limit is renewed` },
  ];
}

function routePattern(route: string): RegExp {
  const pattern = route.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*");
  return new RegExp(
    route.startsWith("/") ? `^[^/]*${pattern}$` : route.includes("/") ? `^${pattern}$` : `^${pattern}/`,
    "i",
  );
}
