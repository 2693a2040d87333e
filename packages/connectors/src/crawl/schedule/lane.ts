import type { Frontier } from "../frontier/frontier.ts";
import type { Visit } from "../frontier/visit.ts";
import { HostThrottle, type ThrottleLimits } from "./host-throttle.ts";

/** Pages of a host that are held ready. */
const READY = 64;
/** Pages that wait to be tried again, of which memory holds so many. */
const MAX_AGAIN = 1_000;

/** The pages of one host, in their order, and how fast they go. */
export class Lane {
  readonly host: string;
  readonly throttle: HostThrottle;
  readonly #frontier: Frontier;
  readonly #taken = new Set<number>();
  readonly #again: { readonly visit: Visit; readonly at: number }[] = [];
  #ready: Visit[] = [];
  #dry = false;

  constructor(host: string, frontier: Frontier, limits: ThrottleLimits) {
    this.host = host;
    this.#frontier = frontier;
    this.throttle = new HostThrottle(limits);
  }

  /** Nothing is under way, and nothing waits. */
  get idle(): boolean {
    return this.throttle.inFlight === 0 && this.#again.length === 0 && !this.#hasReady();
  }

  /** When the next page may go; infinity: none waits, or none may until another one is over. */
  readyAt(now: number): number {
    const throttled = this.throttle.readyAt();
    if (throttled === Number.POSITIVE_INFINITY) return throttled;
    if (this.#hasReady()) return Math.max(throttled, now);
    return Math.max(throttled, Math.min(Number.POSITIVE_INFINITY, ...this.#again.map(({ at }) => at)));
  }

  /** The next page. Call it when `readyAt` has come. */
  next(now: number): Visit | undefined {
    const due = this.#again.findIndex(({ at }) => at <= now);
    const [visit] = due < 0 ? [this.#shift()] : this.#again.splice(due, 1).map((each) => each.visit);
    if (visit === undefined) return undefined;
    this.#taken.add(visit.id);
    this.throttle.started(now);
    return visit;
  }

  /** A page is over and recorded. */
  over(visit: Visit): void {
    this.#taken.delete(visit.id);
  }

  /** A page is to be tried again at a time of the monotonic clock. */
  again(visit: Visit, at: number): void {
    if (this.#again.length >= MAX_AGAIN) {
      this.#taken.delete(visit.id);
      this.#dry = false;
      return;
    }
    this.#again.push({ visit: { ...visit, attempts: visit.attempts + 1 }, at });
  }

  /** The frontier may have more pages for it. */
  more(): void {
    this.#dry = false;
  }

  #hasReady(): boolean {
    if (this.#ready.length === 0 && !this.#dry) {
      this.#ready = this.#frontier.take(this.host, READY, this.#taken);
      this.#dry = this.#ready.length === 0;
      for (const { id } of this.#ready) this.#taken.add(id);
    }
    return this.#ready.length > 0;
  }

  #shift(): Visit | undefined {
    return this.#hasReady() ? this.#ready.shift() : undefined;
  }
}
