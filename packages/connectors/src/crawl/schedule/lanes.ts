import type { Frontier } from "../frontier/frontier.ts";
import type { Visit } from "../frontier/visit.ts";
import { Lane } from "./lane.ts";
import type { ThrottleLimits } from "./host-throttle.ts";

/** Hosts that are crawled at the same time; the others wait in the frontier. */
const MAX_LANES = 256;

/** What is to be done next. */
export type Next =
  | { readonly kind: "visit"; readonly lane: Lane; readonly visit: Visit }
  /** Nothing may go before this time of the monotonic clock; infinity: before something is over. */
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "done" };

/** The hosts of a crawl, taking turns. */
export class Lanes {
  readonly #frontier: Frontier;
  readonly #limits: ThrottleLimits;
  #lanes = new Map<string, Lane>();
  #turn: Lane[] = [];
  #stale = true;

  constructor(frontier: Frontier, limits: ThrottleLimits) {
    this.#frontier = frontier;
    this.#limits = limits;
  }

  /** Hosts that refused or became slow, for whoever watches. */
  get throttled(): number {
    return [...this.#lanes.values()].filter(({ throttle }) => throttle.limit < this.#limits.maxConcurrency)
      .length;
  }

  next(now: number): Next {
    this.#discover();
    let until = Number.POSITIVE_INFINITY;
    for (let tried = 0; tried < this.#turn.length; tried++) {
      const lane = this.#turn.shift();
      if (lane === undefined) break;
      this.#turn.push(lane);
      const at = lane.readyAt(now);
      if (at <= now) {
        const visit = lane.next(now);
        if (visit !== undefined) return { kind: "visit", lane, visit };
      }
      until = Math.min(until, at);
    }
    if (until < Number.POSITIVE_INFINITY) return { kind: "wait", until };
    const idle = [...this.#lanes.values()].every((lane) => lane.idle);
    if (!idle) return { kind: "wait", until };
    // Lanes that have nothing left make room for hosts that wait.
    this.#lanes.clear();
    this.#turn = [];
    this.#stale = true;
    this.#discover();
    return this.#lanes.size === 0 ? { kind: "done" } : this.next(now);
  }

  /** These hosts have new pages. */
  added(hosts: ReadonlySet<string>): void {
    for (const host of hosts) {
      const lane = this.#lanes.get(host);
      if (lane === undefined) this.#stale = true;
      else lane.more();
    }
  }

  /** The lane of a host that is crawled now, with what robots.txt asks for. */
  slow(host: string, delayMs: number, now: number): void {
    this.#lanes.get(host)?.throttle.atLeastEvery(delayMs, now);
  }

  #discover(): void {
    if (!this.#stale) return;
    if (this.#lanes.size >= MAX_LANES) this.#dropIdle();
    const room = MAX_LANES - this.#lanes.size;
    if (room === 0) return;
    const known = new Set(this.#lanes.keys());
    const hosts = this.#frontier.waitingHosts(room, known);
    this.#stale = hosts.length === room;
    for (const host of hosts) {
      const lane = new Lane(host, this.#frontier, this.#limits);
      this.#lanes.set(host, lane);
      this.#turn.push(lane);
    }
  }

  /** Hosts that have nothing left make room for those that wait. */
  #dropIdle(): void {
    for (const [host, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(host);
    this.#turn = this.#turn.filter(({ host }) => this.#lanes.has(host));
  }
}
