import { Rate } from "./rate.ts";
import type { Subscription } from "./subscription.ts";
import type { SilenceOptions } from "./definition.ts";

/** Means of gaps that are taken as usual, and times the longest lately. */
const MEANS = 20;
const LONGEST = 3;
/** Share of the old in the moving mean, and of the longest gap that is forgotten with each message. */
const MEMORY = 0.05;
const FADE = 0.999;

/** How a subscription does. */
export type ChannelState = "subscribing" | "live" | "silent" | "recovering" | "refused" | "unsubscribed";

/** What is known of one subscription, over all connections. */
export class Channel {
  readonly key: string;
  readonly subscription: Subscription;
  readonly rate = new Rate();
  state: ChannelState = "subscribing";
  /** Id of the connection that has it. */
  connection: string | undefined;
  /** Monotonic ms of the last data; undefined: none has come. */
  lastAt: number | undefined;
  lastWallMs = 0;
  /** Monotonic ms from which silence counts: the last data, or when it was subscribed to. */
  armedAt: number | undefined;
  resubscribes = 0;
  /** Refused so often, and when it is tried again. */
  refusals = 0;
  retryAt: number | undefined;
  /** Silences in a row without data between them. */
  silences = 0;
  readonly #declared: number | false | undefined;
  readonly #least: number;
  readonly #most: number;
  #mean = 0;
  #longest = 0;

  constructor(key: string, subscription: Subscription, options: SilenceOptions) {
    this.key = key;
    this.subscription = subscription;
    const { afterMs } = options;
    this.#declared = typeof afterMs === "object" ? afterMs[subscription.channel] : afterMs;
    this.#least = options.leastMs ?? 30_000;
    this.#most = options.mostMs ?? 600_000;
  }

  /** Milliseconds without data that are too long; undefined: it may be silent for ever. */
  get silenceMs(): number | undefined {
    if (this.#declared === false) return undefined;
    const usual = this.#declared ?? this.#learned;
    // A symbol that nobody trades is asked about less and less often.
    return Math.min(Math.max(usual, this.#most), usual * 2 ** Math.min(10, this.silences));
  }

  /** Its silence was declared, so that it is sure to be wrong. */
  get isDeclared(): boolean {
    return typeof this.#declared === "number";
  }

  get #learned(): number {
    const usual = Math.max(this.#mean * MEANS, this.#longest * LONGEST);
    return Math.min(this.#most, Math.max(this.#least, usual));
  }

  /** Data came. */
  heard(now: number, wallMs: number): void {
    if (this.lastAt !== undefined) {
      const gap = now - this.lastAt;
      this.#mean += (gap - this.#mean) * MEMORY;
      this.#longest = Math.max(this.#longest * FADE, gap);
    }
    this.lastAt = now;
    this.lastWallMs = wallMs;
    this.armedAt = now;
    this.silences = 0;
    this.refusals = 0;
    this.rate.add();
    if (this.state !== "unsubscribed") this.state = "live";
  }

  /** It has been silent for too long. */
  isSilent(now: number): boolean {
    const after = this.silenceMs;
    return after !== undefined && this.armedAt !== undefined && now - this.armedAt > after;
  }
}
