import { type Clock, MillraceError, type ReadContext } from "@millrace/core";
import type { Frontier } from "../frontier/frontier.ts";
import type { Visit } from "../frontier/visit.ts";
import type { Visited, Visitor } from "../visit/visitor.ts";
import { BarrenPatterns } from "./barren-patterns.ts";
import { ConcurrencyFinder } from "./concurrency-finder.ts";
import type { Lane } from "./lane.ts";
import { Lanes } from "./lanes.ts";

/** Pages whose rows the engine has not taken yet, beyond which no more are fetched. */
const MAX_BEHIND = 5_000;
/** Failures that are told one by one. */
const TOLD_FAILURES = 10;

/** What a crawl is run by. */
export interface CrawlerParts {
  readonly frontier: Frontier;
  readonly visitor: Visitor;
  readonly concurrency: { readonly total: number; readonly perHost: number };
  readonly delayMs: number;
  readonly maxPages: number;
  readonly maxBarren: number;
  /** Pages of this crawl that were done before, in an earlier run. */
  readonly doneBefore: number;
  readonly context: Pick<ReadContext, "log">;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called when there is something new in the outbox. */
  readonly changed: () => void;
}

/** Runs a crawl: decides which page comes next, and records what became of each. */
export class Crawler {
  readonly #p: CrawlerParts;
  readonly #lanes: Lanes;
  readonly #finder: ConcurrencyFinder;
  readonly #barren: BarrenPatterns;
  readonly #under = new Set<Promise<void>>();
  #wake: () => void = () => undefined;
  #done: number;
  #failures = 0;
  #emitted: number;
  #firstFailure: string | undefined;
  #error: Error | undefined;

  constructor(parts: CrawlerParts) {
    this.#p = parts;
    this.#done = parts.doneBefore;
    this.#emitted = parts.frontier.position;
    this.#lanes = new Lanes(parts.frontier, {
      maxConcurrency: parts.concurrency.perHost,
      delayMs: parts.delayMs,
    });
    this.#finder = new ConcurrencyFinder(parts.concurrency.total);
    this.#barren = new BarrenPatterns(parts.maxBarren);
  }

  /** What failed first; undefined: nothing has. */
  get firstFailure(): string | undefined {
    return this.#firstFailure;
  }

  /** For whoever watches. */
  get status(): {
    readonly pages: number;
    readonly underWay: number;
    readonly limit: number;
    readonly throttledHosts: number;
  } {
    return {
      pages: this.#done,
      underWay: this.#under.size,
      limit: this.#finder.limit,
      throttledHosts: this.#lanes.throttled,
    };
  }

  /** The engine has taken the rows up to a position of the outbox. */
  emitted(position: number): void {
    this.#emitted = position;
    this.#wake();
  }

  /** A host asks for a longer time between two requests. */
  slow(host: string, delayMs: number): void {
    this.#lanes.slow(host, delayMs, this.#p.clock.monotonic());
  }

  /** Visits all pages. Ends early when the signal is aborted, or where there are too many. */
  async run(): Promise<void> {
    const { signal } = this.#p;
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted && this.#error === undefined) {
        if (!(await this.#step())) break;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await Promise.allSettled(this.#under);
    }
    if (this.#error !== undefined && !signal.aborted) throw this.#error;
  }

  /** False: there is nothing left to do. */
  async #step(): Promise<boolean> {
    const { clock, maxPages, frontier } = this.#p;
    if (this.#done + this.#under.size >= maxPages) {
      if (this.#under.size === 0) return this.#stopAtLimit();
      await this.#wait(Number.POSITIVE_INFINITY);
      return true;
    }
    if (frontier.position - this.#emitted > MAX_BEHIND) {
      await this.#wait(Number.POSITIVE_INFINITY);
      return true;
    }
    const now = clock.monotonic();
    if (this.#under.size >= this.#finder.limit) {
      this.#finder.full();
      await this.#wait(Number.POSITIVE_INFINITY);
      return true;
    }
    const next = this.#lanes.next(now);
    if (next.kind === "done") return this.#under.size > 0;
    if (next.kind === "wait") await this.#wait(next.until);
    else this.#start(next.lane, next.visit);
    return true;
  }

  #start(lane: Lane, visit: Visit): void {
    const task = this.#visit(lane, visit).catch((error: unknown) => {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
    });
    this.#under.add(task);
    void task.then(() => {
      this.#under.delete(task);
      this.#wake();
    });
  }

  async #visit(lane: Lane, visit: Visit): Promise<void> {
    const { clock, visitor, signal } = this.#p;
    if (!this.#barren.allows(visit.url)) {
      lane.throttle.failed();
      this.#p.frontier.record({ visit, state: "aside" });
      lane.over(visit);
      return;
    }
    const begun = clock.monotonic();
    let visited: Visited;
    try {
      visited = await visitor.visit(visit);
    } catch (error) {
      lane.throttle.failed();
      if (signal.aborted) return;
      throw error;
    }
    const now = clock.monotonic();
    this.#settle(lane, visited, { now, ms: now - begun });
    this.#record(lane, visited, now);
  }

  #settle(lane: Lane, visited: Visited, { now, ms }: { readonly now: number; readonly ms: number }): void {
    if (visited.host === "answered") lane.throttle.answered(ms);
    else if (visited.host === "refused") lane.throttle.refused(now, visited.retryAfterMs);
    else lane.throttle.failed();
    this.#finder.done(now);
  }

  #record(lane: Lane, { outcome, failure, againInMs, retryAfterMs }: Visited, now: number): void {
    const { frontier } = this.#p;
    const { visit, state, links = [], rows = [] } = outcome;
    const before = frontier.position;
    frontier.record(outcome);
    if (state === "waiting") {
      lane.again(visit, now + Math.max(againInMs ?? 0, retryAfterMs ?? 0));
    } else {
      lane.over(visit);
      this.#done++;
    }
    if (failure !== undefined) this.#tell(failure, state === "waiting");
    if (links.length > 0) this.#lanes.added(new Set(links.map(({ host }) => host)));
    if (state === "done" && visit.kind === "page") {
      const hasRows = rows.some((each) => each.rows.length > 0);
      const stopped = this.#barren.visited(
        visit.url,
        links.map(({ url }) => url),
        hasRows,
      );
      if (stopped !== undefined) this.#tellStopped(stopped, visit.url);
    }
    if (frontier.position !== before) this.#p.changed();
  }

  #tell(failure: string, again: boolean): void {
    if (again) return this.#p.context.log("debug", `${failure}; it is tried again`);
    this.#firstFailure ??= failure;
    this.#failures++;
    if (this.#failures <= TOLD_FAILURES) this.#p.context.log("warn", failure);
    else this.#p.context.log("debug", failure);
  }

  #tellStopped(pattern: string, url: string): void {
    const { context, frontier, maxBarren } = this.#p;
    frontier.taint("addresses that have no end were left out", url);
    context.log(
      "warn",
      `${maxBarren} pages in a row like ${pattern} gave no rows and led only to one another: no more of them are visited`,
      { pattern, example: url },
    );
  }

  #stopAtLimit(): false {
    const { context, frontier, maxPages } = this.#p;
    if (this.#lanes.next(this.#p.clock.monotonic()).kind !== "done") {
      frontier.taint(`the crawl ended at maxPages (${maxPages})`, "");
      context.log("warn", `the crawl ended after ${maxPages} pages, with more of them known`, { maxPages });
    }
    return false;
  }

  async #wait(until: number): Promise<void> {
    const { clock, signal } = this.#p;
    const woken = new AbortController();
    const wake = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const ms = until - clock.monotonic();
    if (signal.aborted) return;
    if (ms < Number.POSITIVE_INFINITY) {
      await Promise.race([wake, clock.sleep(Math.max(ms, 1), woken.signal)]);
    } else {
      await wake;
    }
    woken.abort();
  }
}

/** No page could be read at all: that is a failure of the run, and no empty site. */
export function nothingRead(first: string | undefined, refusedByRobots: boolean): MillraceError {
  if (refusedByRobots) {
    return new MillraceError("MLR_SOURCE_DENIED", `crawl(): nothing may be read: ${first ?? ""}`, {
      hint: 'With the permission of the site\'s owner say robots: { "example.org": "ignore" } with its host.',
    });
  }
  return new MillraceError(
    "MLR_SOURCE_FAILED",
    `crawl(): no page could be read: ${first ?? "none was found"}`,
    {
      hint: "Check the addresses in `start`, the network and the site; the run may be tried again.",
    },
  );
}
