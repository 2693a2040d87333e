import type { Json, Row } from "@millrace/core";
import type { Feed } from "../../shared/collector/feed.ts";
import { CandleBuilder } from "../candles/candle-builder.ts";
import { candleInterval } from "../candles/interval.ts";
import type { Candle, Gap, Trade } from "../model/market-event.ts";
import type { RestClient } from "../rest/rest-client.ts";
import { TradeTrack, type TrackState } from "../trades/trade-track.ts";
import type { MarketPlan, PlannedSubscription } from "./plan.ts";
import type { FeedSettings } from "./settings.ts";

/** Closed candles that late trades can still change. */
const KEPT_CANDLES = 5;
/** Changes of a book by whose numbers one that comes over two connections is known. */
const REMEMBERED_CHANGES = 512;

/** What all connections of an exchange's feed share: what has come already, and what is missing. */
export class MarketSession {
  readonly plan: MarketPlan;
  readonly settings: FeedSettings;
  readonly client: RestClient;
  /** Instruments whose missing trades or candles are being fetched. */
  readonly filling = new Set<string>();
  /** Best prices of books, for whoever watches. */
  readonly view = new Map<string, Json>();
  /** Rows that wait for the first connection. */
  waiting: { readonly stream: string; readonly rows: readonly Row[] }[] = [];
  readonly #byKey: ReadonlyMap<string, PlannedSubscription>;
  readonly #trades: ReadonlyMap<string, PlannedSubscription>;
  readonly #books: ReadonlyMap<string, PlannedSubscription>;
  readonly #candles: ReadonlyMap<string, PlannedSubscription>;
  readonly #events = new Map<string, PlannedSubscription>();
  readonly #tracks = new Map<string, TradeTrack>();
  readonly #builders = new Map<string, CandleBuilder[]>();
  readonly #landed = new Map<string, (number | null)[]>();
  readonly #slots = new Map<string, number>();
  readonly #closedCandles = new Map<string, number>();

  constructor(plan: MarketPlan, settings: FeedSettings, client: RestClient) {
    this.plan = plan;
    this.settings = settings;
    this.client = client;
    const { mapping, subscriptions } = plan;
    this.#byKey = new Map(subscriptions.map((each) => [each.key, each]));
    const having = (
      name: (each: PlannedSubscription) => string | undefined,
    ): Map<string, PlannedSubscription> =>
      new Map(subscriptions.flatMap((each) => (name(each) === undefined ? [] : [[name(each) ?? "", each]])));
    this.#trades = having(({ symbol, facts }) => (facts.brings === "trade" ? symbol : undefined));
    this.#books = having(({ symbol, channel, facts }) =>
      facts.brings === "orderbook" ? `${mapping.bookChannel?.(channel) ?? channel}:${symbol}` : undefined,
    );
    this.#candles = having(({ symbol, facts }) =>
      facts.brings === "candle" ? `${facts.interval ?? ""}:${symbol}` : undefined,
    );
    for (const each of subscriptions) this.#events.set(`${each.facts.brings}:${each.symbol}`, each);
  }

  /** Begins anew at what was committed last. */
  restart(): void {
    this.#tracks.clear();
    this.#builders.clear();
    this.#landed.clear();
    this.#slots.clear();
    this.#closedCandles.clear();
    this.filling.clear();
    this.view.clear();
    this.waiting = [];
  }

  subscription(key: string): PlannedSubscription | undefined {
    return this.#byKey.get(key);
  }

  /** The subscription that an instrument's trades come by. */
  tradesOf(symbol: string): PlannedSubscription | undefined {
    return this.#trades.get(symbol);
  }

  /** The subscription that a book comes by, whose channel is as its messages word it. */
  bookOf(channel: string, symbol: string): PlannedSubscription | undefined {
    return this.#books.get(`${channel}:${symbol}`);
  }

  candlesOf(interval: string, symbol: string): PlannedSubscription | undefined {
    return this.#candles.get(`${interval}:${symbol}`);
  }

  /** The subscription that brings events of a kind for an instrument. */
  eventsOf(kind: string, symbol: string): PlannedSubscription | undefined {
    const own = this.#events.get(`${kind}:${symbol}`) ?? this.#events.get(`${kind}:`);
    if (own !== undefined || kind !== "account") return own;
    // Balances are of no instrument, and a user's orders may be of any.
    return this.plan.subscriptions.find(({ facts }) => facts.brings === "account");
  }

  /** What is known of an instrument's trades. */
  track(symbol: string, feed: Feed): TradeTrack {
    let track = this.#tracks.get(symbol);
    if (track === undefined) {
      const { mapping } = this.plan;
      const state = feed.positionOf(tradesKey(symbol)) as TrackState | undefined;
      const span = this.#trades.get(symbol)?.facts.trades === "aggregated" ? mapping.tradeSpan : undefined;
      track = new TradeTrack(state, span);
      this.#tracks.set(symbol, track);
    }
    return track;
  }

  /** Says how far an instrument's trades are. */
  keepTrack(symbol: string, feed: Feed): void {
    feed.position(tradesKey(symbol), this.track(symbol, feed).state as unknown as Json);
  }

  /** Candles that a trade closes, or changes. */
  candlesFrom(trade: Trade): Candle[] {
    const { intervals, graceUs, empty } = this.settings.candles;
    if (intervals.length === 0) return [];
    let builders = this.#builders.get(trade.symbol);
    if (builders === undefined) {
      builders = intervals.map(
        (name) => new CandleBuilder({ interval: candleInterval(name), graceUs, empty, kept: KEPT_CANDLES }),
      );
      this.#builders.set(trade.symbol, builders);
    }
    return builders.flatMap((each) => each.take(trade));
  }

  /** Candles of instruments that are over by the clock, though no trade says so. `now`: microseconds since 1970. */
  candlesUntil(now: number): Candle[] {
    return [...this.#builders.values()].flat().flatMap((each) => each.advance(now));
  }

  /** The last closed candle of a subscription; undefined: none came yet. */
  lastCandle(key: string, feed: Feed): number | undefined {
    const known = this.#closedCandles.get(key) ?? feed.positionOf(candlesKey(key));
    return typeof known === "number" ? known : undefined;
  }

  keepCandle(key: string, openTime: number, feed: Feed): void {
    this.#closedCandles.set(key, openTime);
    feed.position(candlesKey(key), openTime);
  }

  /** False where a change of a book has landed already, by another connection. */
  landsChange(key: string, sequence: number | null): boolean {
    if (sequence === null) return true;
    let landed = this.#landed.get(key);
    if (landed === undefined) {
      landed = [];
      this.#landed.set(key, landed);
    }
    if (landed.includes(sequence)) return false;
    landed.push(sequence);
    if (landed.length > REMEMBERED_CHANGES) landed.splice(0, REMEMBERED_CHANGES / 2);
    return true;
  }

  /** True once in each interval of snapshots. `now`: microseconds since 1970. */
  isSnapshotDue(key: string, now: number): boolean {
    const { snapshotUs } = this.settings.books;
    if (snapshotUs === undefined) return false;
    const slot = Math.floor(now / snapshotUs);
    if (this.#slots.get(key) === slot) return false;
    this.#slots.set(key, slot);
    return true;
  }

  /** The row of a gap. */
  gap(of: Pick<Gap, "symbol" | "stream" | "first" | "last" | "state" | "reason">): Gap {
    const now = Math.round(this.settings.clock.now() * 1_000);
    const gap_id = String(of.first ?? `at ${now}`);
    return { exchange: this.plan.mapping.name, exchange_time: null, received_at: now, gap_id, ...of };
  }
}

function tradesKey(symbol: string): string {
  return `trades:${symbol}`;
}

function candlesKey(key: string): string {
  return `candles:${key}`;
}
