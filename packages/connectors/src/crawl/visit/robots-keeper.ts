import { MillraceError, type Clock } from "@millrace/core";
import { parseRobots, type Robots } from "../robots/parse-robots.ts";
import type { ResolvedCrawlOptions } from "../options.ts";
import type { Fetched, Fetcher } from "./fetcher.ts";

/** RFC 9309, 2.5: at least 500 KiB are to be read. */
const MAX_BYTES = 512 * 1_024;
const MAX_REDIRECTS = 5;
/** RFC 9309, 2.4: what was read should not be used longer than a day. */
const FRESH_MS = 86_400_000;
/** Hosts whose rules are kept in memory. */
const CAPACITY = 1_000;
const TRIES = 3;
const WAIT_MS = 1_000;

/** What a host's robots.txt means for a crawl. */
export interface HostRules {
  allows(url: string): boolean;
  readonly crawlDelayMs: number | undefined;
  readonly sitemaps: readonly string[];
  /** Its pages are not read because robots.txt could not be: why. */
  readonly unreachable?: string;
  /** Whether `nofollow` and `noindex` count on its pages. */
  readonly respected: boolean;
}

/** What robots.txt is read with. */
export interface RobotsKeeperParts {
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  /** Is told what each host says. */
  readonly read: (origin: string, rules: HostRules) => void;
}

/** Reads robots.txt of each host once, and keeps what it says. */
export class RobotsKeeper {
  readonly #options: Pick<ResolvedCrawlOptions, "robots" | "userAgent">;
  readonly #fetcher: Fetcher;
  readonly #clock: Clock;
  readonly #product: string;
  readonly #told: RobotsKeeperParts["read"];
  readonly #known = new Map<string, { readonly rules: Promise<HostRules>; readonly at: number }>();

  constructor(
    options: Pick<ResolvedCrawlOptions, "robots" | "userAgent">,
    { fetcher, clock, read }: RobotsKeeperParts,
  ) {
    this.#options = options;
    this.#fetcher = fetcher;
    this.#clock = clock;
    this.#told = read;
    this.#product = /^[\w-]+/.exec(options.userAgent)?.[0] ?? "millrace";
  }

  /** @param origin scheme, host and port */
  rules(origin: string, signal: AbortSignal): Promise<HostRules> {
    const now = this.#clock.now();
    const known = this.#known.get(origin);
    if (known !== undefined && now - known.at < FRESH_MS) return known.rules;
    const rules = this.#respects(origin)
      ? this.#read(origin, signal)
      : Promise.resolve<HostRules>({ ...NO_RULES, respected: false });
    this.#known.delete(origin);
    this.#known.set(origin, { rules, at: now });
    rules.then(
      (found) => this.#told(origin, found),
      () => this.#known.delete(origin),
    );
    if (this.#known.size > CAPACITY) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return rules;
  }

  #respects(origin: string): boolean {
    const { robots } = this.#options;
    if (typeof robots === "string") return robots === "respect";
    const { host, hostname } = new URL(origin);
    return (robots[host] ?? robots[hostname] ?? "respect") === "respect";
  }

  async #read(origin: string, signal: AbortSignal): Promise<HostRules> {
    for (let tries = 1; ; tries++) {
      const outcome = await this.#fetchRules(origin, signal);
      if (typeof outcome !== "string") return outcome;
      // RFC 9309, 2.3.1.4: where it cannot be reached, everything is disallowed.
      if (tries >= TRIES) return { ...NO_RULES, allows: () => false, unreachable: outcome };
      await this.#clock.sleep(WAIT_MS * 2 ** (tries - 1), signal);
      signal.throwIfAborted();
    }
  }

  /** A text: why it could not be read. */
  async #fetchRules(origin: string, signal: AbortSignal): Promise<HostRules | string> {
    let url = `${origin}/robots.txt`;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      let answer: Fetched;
      try {
        answer = await this.#fetcher.fetch({ url, signal, maxBytes: MAX_BYTES, cut: true });
      } catch (error) {
        if (signal.aborted) throw error;
        return error instanceof MillraceError ? error.message : String(error);
      }
      const { status, headers, body } = answer;
      if (status >= 300 && status < 400 && headers["location"] !== undefined) {
        url = URL.parse(headers["location"], url)?.href ?? url;
        continue;
      }
      if (status === 429 || status >= 500) return `${url} answered with status ${status}`;
      if (status < 200 || status >= 300) return NO_RULES;
      return this.#rulesOf(parseRobots(body));
    }
    // RFC 9309, 2.3.1.2: beyond five redirects it may be taken for missing.
    return NO_RULES;
  }

  #rulesOf(robots: Robots): HostRules {
    const seconds = robots.crawlDelay(this.#product);
    return {
      allows: (url) => robots.allows(this.#product, url),
      crawlDelayMs: seconds === undefined ? undefined : seconds * 1_000,
      sitemaps: robots.sitemaps,
      respected: true,
    };
  }
}

const NO_RULES: HostRules = {
  allows: () => true,
  crawlDelayMs: undefined,
  sitemaps: [],
  respected: true,
};
