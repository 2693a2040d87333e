import { MillraceError, type Row } from "@millrace/core";
import type { Feed } from "../../shared/collector/feed.ts";
import { candleInterval } from "../candles/interval.ts";
import type { RestContext } from "../model/exchange-mapping.ts";
import type { Candle, Gap, Trade } from "../model/market-event.ts";
import type { Hole } from "../trades/trade-track.ts";
import type { MarketSession } from "./market-session.ts";
import type { PlannedSubscription } from "./plan.ts";

/** Wait before what could not be fetched is tried again. */
const AGAIN_MS = 30_000;

/** What takes what was fetched. */
export interface BackfillTarget {
  /** True where the trade was missing. */
  trade(trade: Trade): boolean;
  candle(candle: Candle): void;
  landed(stream: string, row: Row): void;
  flush(): void;
}

/** Fetches trades and candles that are missing, or marks them as gaps. */
export class Backfill {
  readonly #feed: Feed;
  readonly #session: MarketSession;
  readonly #target: BackfillTarget;

  constructor(feed: Feed, session: MarketSession, target: BackfillTarget) {
    this.#feed = feed;
    this.#session = session;
    this.#target = target;
  }

  /** Trades of an instrument are missing. They may still come: they are asked for a little later. */
  missing(subscription: PlannedSubscription): void {
    const { filling, settings } = this.#session;
    const { symbol } = subscription;
    if (filling.has(symbol)) return;
    filling.add(symbol);
    this.#feed.signal.addEventListener("abort", () => filling.delete(symbol), { once: true });
    this.#feed.after(settings.backfill.afterMs, `backfill ${symbol}`, () => this.#fillLater(subscription));
  }

  /** A candle came: those between it and the last one that is known are missing. */
  candleCame(subscription: PlannedSubscription, candle: Candle): void {
    const { key } = subscription;
    const last = this.#session.lastCandle(key, this.#feed);
    if (candle.closed && (last === undefined || candle.open_time > last))
      this.#session.keepCandle(key, candle.open_time, this.#feed);
    if (last === undefined || !this.#session.settings.backfill.candles) return;
    const from = candleInterval(candle.interval).next(last);
    // The one that is still open when the next comes is missing its end.
    if (candle.open_time <= from || this.#session.filling.has(key)) return;
    const { rest } = this.#session.plan.mapping;
    if (rest.candles === undefined) return this.#markCandles(subscription, { from, to: candle.open_time });
    this.#session.filling.add(key);
    this.#feed.signal.addEventListener("abort", () => this.#session.filling.delete(key), { once: true });
    this.#feed.task(`candles ${key}`, (signal) =>
      this.#fillCandles(subscription, { from, to: candle.open_time, interval: candle.interval, signal }),
    );
  }

  #fillLater(subscription: PlannedSubscription): void {
    this.#feed.task(`trades ${subscription.key}`, async (signal) => {
      const { symbol } = subscription;
      const again = await this.#fill(subscription, signal);
      if (again) this.#feed.after(AGAIN_MS, `backfill ${symbol}`, () => this.#fillLater(subscription));
      else this.#session.filling.delete(symbol);
    });
  }

  /** True where it is to be tried again later. */
  async #fill(subscription: PlannedSubscription, signal: AbortSignal): Promise<boolean> {
    const track = this.#session.track(subscription.symbol, this.#feed);
    for (let hole = track.holes[0]; hole !== undefined; hole = track.holes[0]) {
      const end = await this.#fillHole(subscription, hole, signal);
      if (signal.aborted) return false;
      if (end === "later") return true;
    }
    return false;
  }

  async #fillHole(
    subscription: PlannedSubscription,
    hole: Hole,
    signal: AbortSignal,
  ): Promise<"done" | "later"> {
    const { symbol } = subscription;
    const { backfill } = this.#session.settings;
    const track = this.#session.track(symbol, this.#feed);
    const wanted = hole.last - hole.first + 1;
    this.#gapRow(subscription, { hole, state: "open", reason: `${wanted} trades are missing` });
    const missing = (): Hole[] =>
      track.holes.filter((each) => each.first <= hole.last && each.last >= hole.first);
    let why = "the exchange has no more of them";
    if (!backfill.trades) why = "fetching them is switched off";
    for (let n = 0; backfill.trades && n < backfill.maxRequests; n++) {
      const open = missing();
      const first = open[0];
      const last = open.at(-1);
      if (first === undefined || last === undefined) break;
      const answer = await this.#trades(subscription, { first: first.first, last: last.last }, signal);
      if (signal.aborted) return "done";
      if (answer instanceof MillraceError) {
        if (answer.retry === "later") return "later";
        why = answer.message;
        break;
      }
      const taken = answer
        .toSorted((a, b) => a.sequence - b.sequence)
        .filter((each) => this.#wants(missing(), each));
      for (const trade of taken) this.#target.trade(trade);
      this.#target.flush();
      if (taken.length === 0) break;
    }
    this.#finish(subscription, hole, { left: missing(), why });
    return "done";
  }

  #finish(
    subscription: PlannedSubscription,
    hole: Hole,
    { left, why }: { readonly left: readonly Hole[]; readonly why: string },
  ): void {
    const { symbol, channel } = subscription;
    const lost = left.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const outcome = lost === 0 ? "filled" : "marked";
    const wanted = hole.last - hole.first + 1;
    const reason =
      lost === 0 ? `${wanted} trades were fetched` : `${lost} of ${wanted} trades are lost: ${why}`;
    const track = this.#session.track(symbol, this.#feed);
    for (const each of left) track.close(each);
    this.#session.keepTrack(symbol, this.#feed);
    this.#gapRow(subscription, { hole, state: outcome, reason });
    this.#feed.gap({ channel, symbol, from: String(hole.first), to: String(hole.last), reason, outcome });
  }

  #wants(holes: readonly Hole[], { sequence }: Trade): boolean {
    return holes.some(({ first, last }) => sequence >= first && sequence <= last);
  }

  async #trades(
    subscription: PlannedSubscription,
    hole: Hole,
    signal: AbortSignal,
  ): Promise<readonly Trade[] | MillraceError> {
    const { rest } = this.#session.plan.mapping;
    try {
      return (await rest.trades?.(subscription, hole, this.#context(signal))) ?? [];
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
  }

  async #fillCandles(
    subscription: PlannedSubscription,
    {
      from,
      to,
      interval,
      signal,
    }: {
      readonly from: number;
      readonly to: number;
      readonly interval: string;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { plan, settings, filling } = this.#session;
    let at = from;
    let why = "the exchange has no more of them";
    try {
      for (let n = 0; at < to && n < settings.backfill.maxRequests; n++) {
        const { next } = candleInterval(interval);
        const span = { from: at, to: Math.min(to, at + 100 * (next(at) - at)) };
        const found =
          (await plan.mapping.rest.candles?.(subscription, interval, span, this.#context(signal))) ?? [];
        if (signal.aborted) return;
        const fresh = found.filter(({ open_time: time }) => time >= span.from && time < span.to);
        for (const candle of fresh.toSorted((a, b) => a.open_time - b.open_time)) this.#target.candle(candle);
        this.#target.flush();
        at = span.to;
      }
    } catch (error) {
      if (signal.aborted) return;
      why = error instanceof Error ? error.message : String(error);
    }
    filling.delete(subscription.key);
    if (at < to) return this.#markCandles(subscription, { from: at, to }, why);
    const reason = "candles were fetched";
    const numbers = { from: String(from), to: String(to) };
    this.#feed.gap({
      channel: subscription.channel,
      symbol: subscription.symbol,
      ...numbers,
      reason,
      outcome: "filled",
    });
  }

  #markCandles(
    subscription: PlannedSubscription,
    { from, to }: { readonly from: number; readonly to: number },
    why = "the exchange offers no candles by REST",
  ): void {
    const { channel, symbol } = subscription;
    const reason = `candles are missing: ${why}`;
    const row = this.#session.gap({
      symbol,
      stream: "candles",
      first: from,
      last: to - 1,
      state: "marked",
      reason,
    });
    this.#target.landed("gaps", row as unknown as Row);
    this.#target.flush();
    this.#feed.gap({ channel, symbol, from: String(from), to: String(to), reason, outcome: "marked" });
  }

  #gapRow(
    { symbol }: PlannedSubscription,
    { hole, state, reason }: { readonly hole: Hole; readonly state: Gap["state"]; readonly reason: string },
  ): void {
    const row = this.#session.gap({ symbol, stream: "trades", ...hole, state, reason });
    this.#target.landed("gaps", row as unknown as Row);
    this.#target.flush();
  }

  #context(signal: AbortSignal): RestContext {
    const { client, plan, settings } = this.#session;
    return { client, symbols: plan.symbols, now: () => Math.round(settings.clock.now() * 1_000), signal };
  }
}
