import { MillraceError, type Row } from "@millrace/core";
import type { Feed } from "../../shared/collector/feed.ts";
import type { ControlEvent } from "../model/control-event.ts";
import type { Parser } from "../model/mapping.ts";
import type { Candle, MarketEventKind, MarketEvents, Trade } from "../model/market-event.ts";
import { Backfill } from "./backfill.ts";
import { BookFeed } from "./book-feed.ts";
import type { MarketSession } from "./market-session.ts";
import type { PlannedSubscription } from "./plan.ts";
import { STREAM_OF } from "./streams.ts";

/** How long a trade that a heartbeat speaks of may be under way. */
const UNDER_WAY_MS = 2_000;

/** What one connection to an exchange is about: its parser, its books, and what its messages become. */
export class Connection {
  readonly #feed: Feed;
  readonly #session: MarketSession;
  readonly #parser: Parser;
  readonly #books: BookFeed;
  readonly #backfill: Backfill;
  /** Rows that are about to land, by stream. */
  readonly #rows = new Map<string, Row[]>();
  readonly #moved = new Set<string>();
  #flushing = false;
  #loggedIn: PromiseWithResolvers<void> | undefined;

  constructor(feed: Feed, session: MarketSession) {
    this.#feed = feed;
    this.#session = session;
    this.#books = new BookFeed(feed, session, {
      land: (stream, row) => this.#land(stream, row),
      flush: () => this.#flush(),
    });
    this.#backfill = new Backfill(feed, session, {
      trade: (trade) => this.#accept(trade),
      candle: (candle) => this.#candle(candle),
      landed: (stream, row) => this.#land(stream, row),
      flush: () => this.#flush(),
    });
    const { mapping, symbols } = session.plan;
    this.#parser = mapping.parser({
      symbols,
      socket: feed.endpoint,
      raw: session.settings.raw,
      emit: (kind, event) => this.#take(kind, event),
      control: (event) => this.#control(event),
    });
  }

  /** Takes a message. Fails with MLR_ROW_MALFORMED for what is not as documented. */
  message(source: string): void {
    const feed = this.#feed;
    for (const { stream, rows } of this.#session.waiting.splice(0)) feed.land(stream, rows);
    try {
      this.#parser(source, Math.round(feed.receivedAt * 1_000));
    } finally {
      // What was good of a message before the rest was not has been counted as come: it lands.
      this.#flushLater();
    }
  }

  /** Resolves when the server has said that it knows who this is. */
  loggedIn(): Promise<void> {
    this.#loggedIn ??= Promise.withResolvers<void>();
    return this.#loggedIn.promise;
  }

  /** Looks at what no message says: candles that are over. */
  tick(now: number): void {
    for (const candle of this.#session.candlesUntil(now)) this.#madeCandle(candle);
    this.#flush();
  }

  #take<K extends MarketEventKind>(kind: K, event: MarketEvents[K]): void {
    switch (kind) {
      case "trade":
        return this.#trade(event as Trade);
      case "orderbook":
        return this.#books.change(event as MarketEvents["orderbook"]);
      case "order":
        return this.#books.order(event as MarketEvents["order"]);
      case "candle":
        return this.#ownCandle(event as Candle);
      default: {
        const subscription = this.#session.eventsOf(kind, event.symbol);
        if (subscription !== undefined) this.#heard(subscription, event.exchange_time);
        // Channels by kind of instrument bring others than were asked for.
        else if (kind !== "funding") return;
        this.#land(STREAM_OF[kind] ?? kind, event as unknown as Row);
        this.#emit(kind, event);
      }
    }
  }

  #trade(trade: Trade): void {
    const { symbol } = trade;
    const subscription = this.#session.tradesOf(symbol);
    if (subscription === undefined) return;
    this.#heard(subscription, trade.exchange_time);
    const track = this.#session.track(symbol, this.#feed);
    const holes = track.holes.length;
    if (!this.#accept(trade)) return;
    if (track.holes.length > holes) this.#backfill.missing(subscription);
    else if (holes > 0 && !this.#session.filling.has(symbol)) this.#backfill.missing(subscription);
  }

  /** Takes a trade, unless it has come already. */
  #accept(trade: Trade): boolean {
    const { symbol } = trade;
    if (!this.#session.track(symbol, this.#feed).take(trade)) {
      this.#feed.count("trades.repeated");
      return false;
    }
    this.#moved.add(symbol);
    this.#land("trades", trade as unknown as Row);
    this.#emit("trade", trade);
    for (const candle of this.#session.candlesFrom(trade)) this.#madeCandle(candle);
    return true;
  }

  #madeCandle(candle: Candle): void {
    this.#land("candles", candle as unknown as Row);
    this.#emit("candle", candle);
  }

  #ownCandle(candle: Candle): void {
    const subscription = this.#session.candlesOf(candle.interval, candle.symbol);
    if (subscription === undefined) return;
    this.#heard(subscription, candle.exchange_time);
    this.#backfill.candleCame(subscription, candle);
    this.#candle(candle);
  }

  #candle(candle: Candle): void {
    this.#land("candles", candle as unknown as Row);
    this.#emit("candle", candle);
  }

  #control(event: ControlEvent): void {
    const feed = this.#feed;
    switch (event.kind) {
      case "pong":
        return feed.pong();
      case "logged-in":
        this.#loggedIn?.resolve();
        return this.#acceptAll((each) => each.facts.login === true);
      case "subscribed":
        return this.#accepted(event);
      case "heartbeat":
        return this.#heartbeat(event.symbol, event.lastTrade);
      case "going-away":
        return feed.rotate(event.reason);
      case "connection-gap":
        feed.count("connection.gaps");
        return this.#books.loseAll(`messages ${event.first} to ${event.last} of the connection are missing`);
      case "refused":
        return this.#refused(event);
      default:
      // What is left is of no interest.
    }
  }

  #accepted({ channel, symbol }: { readonly channel: string; readonly symbol: string | undefined }): void {
    // Some acknowledge a whole request.
    if (channel === "") return this.#acceptAll(() => true);
    if (symbol === undefined) return this.#acceptAll((each) => each.channel === channel);
    this.#feed.accepted(`${channel}:${symbol}`);
  }

  #acceptAll(which: (each: PlannedSubscription) => boolean): void {
    for (const key of this.#feed.subscriptions.keys()) {
      const subscription = this.#session.subscription(key);
      if (subscription !== undefined && which(subscription)) this.#feed.accepted(key);
    }
  }

  #heartbeat(symbol: string | undefined, lastTrade: number | undefined): void {
    for (const [key, { channel, symbol: of }] of this.#feed.subscriptions) {
      if (channel.startsWith("heartbeat") && (symbol === undefined || of === symbol)) this.#feed.data(key);
    }
    if (symbol === undefined || lastTrade === undefined) return;
    const subscription = this.#session.tradesOf(symbol);
    const last = this.#session.track(symbol, this.#feed).last;
    if (subscription === undefined || last === null || lastTrade <= last) return;
    this.#feed.after(UNDER_WAY_MS, "heartbeat", () => {
      if (!this.#session.track(symbol, this.#feed).expect(lastTrade)) return;
      this.#moved.add(symbol);
      this.#flush();
      this.#backfill.missing(subscription);
    });
  }

  #refused({ code, message, permanent }: Extract<ControlEvent, { kind: "refused" }>): void {
    const { name } = this.#session.plan.mapping;
    const error = new MillraceError(
      "MLR_SOURCE_FAILED",
      `${name} refused a request with ${code}: ${message}`,
      {
        hint: "Codes are listed in the exchange's documentation and in docs/guides/exchanges.md.",
        retry: permanent ? "never" : "later",
      },
    );
    const meant = this.#meant(message);
    if (meant.length > 0) for (const key of meant) this.#feed.refused(key, error);
    else if (permanent) this.#feed.fail(error);
    else this.#feed.reconnect(error.message);
  }

  /** The subscriptions that a refusal speaks of: those whose channel and instrument are in its text. */
  #meant(message: string): string[] {
    const has = (word: string): boolean =>
      word !== "" && new RegExp(`(?<![\\w-])${escaped(word)}(?![\\w-])`).test(message);
    const all = [...this.#feed.subscriptions.keys()].flatMap((key) => {
      const subscription = this.#session.subscription(key);
      return subscription === undefined ? [] : [subscription];
    });
    const named = all.filter(({ native, channel }) => has(native) && has(channel));
    const found = named.length > 0 ? named : all.filter(({ native }) => has(native));
    return found.map(({ key }) => key);
  }

  #heard({ key }: PlannedSubscription, exchangeTime: number | null): void {
    if (exchangeTime === null) this.#feed.data(key);
    else this.#feed.data(key, exchangeTime / 1_000);
  }

  #emit(kind: MarketEventKind, event: unknown): void {
    if (this.#feed.wanted(kind)) this.#feed.emit(kind, event);
  }

  #land(stream: string, row: Row): void {
    const rows = this.#rows.get(stream);
    if (rows === undefined) this.#rows.set(stream, [row]);
    else rows.push(row);
  }

  /** Messages that came in one piece land together. */
  #flushLater(): void {
    if (this.#flushing || (this.#rows.size === 0 && this.#moved.size === 0)) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    for (const symbol of this.#moved) this.#session.keepTrack(symbol, this.#feed);
    this.#moved.clear();
    if (this.#rows.size === 0) return;
    for (const [stream, rows] of this.#rows) this.#feed.land(stream, rows);
    this.#rows.clear();
  }
}

function escaped(word: string): string {
  return word.replace(/[^\w-]/g, String.raw`\$&`);
}
