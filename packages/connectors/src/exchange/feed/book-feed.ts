import type { Row } from "@millrace/core";
import type { Feed } from "../../shared/collector/feed.ts";
import { BookKeeper, type BookOutcome } from "../book/book-keeper.ts";
import { OrderBook3 } from "../book/order-book-3.ts";
import { unnumberedRule } from "../book/sequence-rule.ts";
import type { BookChange, Level, OrderChange } from "../model/market-event.ts";
import { bestOf, snapshotRow, updateRow } from "./book-rows.ts";
import type { MarketSession } from "./market-session.ts";
import type { PlannedSubscription } from "./plan.ts";

/** Waits between attempts at a snapshot by REST. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

interface KeptBook {
  readonly subscription: PlannedSubscription;
  readonly keeper: BookKeeper;
  readonly orders: OrderBook3 | undefined;
  /** A snapshot is being fetched, or waited for. */
  asked: boolean;
  /** Snapshots in a row that did not help. */
  failures: number;
  brokenAt: number | undefined;
  /** The best levels that were told last. */
  bid: Level | undefined;
  ask: Level | undefined;
}

/** Keeps the books of one connection whole, and makes rows and events of them. */
export class BookFeed {
  readonly #feed: Feed;
  readonly #session: MarketSession;
  readonly #land: (stream: string, row: Row) => void;
  readonly #flush: () => void;
  readonly #books = new Map<string, KeptBook>();

  constructor(
    feed: Feed,
    session: MarketSession,
    { land, flush }: { readonly land: (stream: string, row: Row) => void; readonly flush: () => void },
  ) {
    this.#feed = feed;
    this.#session = session;
    this.#land = land;
    this.#flush = flush;
  }

  /** Takes a change of a book by price. Fails with MLR_ROW_MALFORMED. */
  change(change: BookChange): void {
    const kept = this.#bookOf(change.channel, change.symbol);
    if (kept !== undefined) this.#take(kept, change);
  }

  /** Takes a change of a book by order. Fails with MLR_ROW_MALFORMED. */
  order(change: OrderChange): void {
    const kept = this.#bookOf(change.channel, change.symbol);
    if (kept?.orders === undefined) return;
    const made = kept.orders.take(change);
    if (made === "gap") this.#broken(kept, "gap", change);
    else if (made !== undefined) this.#take(kept, made);
    else if (!kept.orders.live) this.#fetch(kept);
  }

  /** No book of this connection can be trusted any more. */
  loseAll(reason: string): void {
    for (const kept of this.#books.values()) {
      if (!kept.keeper.live) continue;
      kept.keeper.lose();
      kept.orders?.lose();
      this.#recover(kept, reason);
    }
  }

  #bookOf(channel: string, symbol: string): KeptBook | undefined {
    const name = `${channel}:${symbol}`;
    let kept = this.#books.get(name);
    if (kept === undefined) {
      const subscription = this.#session.bookOf(channel, symbol);
      if (subscription === undefined || !this.#feed.subscriptions.has(subscription.key)) return undefined;
      const { rule = unnumberedRule, orders } = subscription.facts;
      kept = {
        subscription,
        keeper: new BookKeeper(rule),
        orders: orders === true ? new OrderBook3() : undefined,
        asked: false,
        failures: 0,
        brokenAt: undefined,
        bid: undefined,
        ask: undefined,
      };
      this.#books.set(name, kept);
    }
    return kept;
  }

  #take(kept: KeptBook, change: BookChange): void {
    let outcome: BookOutcome;
    try {
      outcome = kept.keeper.take(change);
    } catch (error) {
      this.#broken(kept, "change that cannot be read", change);
      throw error;
    }
    if (outcome === "applied") return this.#applied(kept, change);
    if (outcome === "broken") return this.#broken(kept, kept.keeper.fault ?? "gap", change);
    if (outcome === "held") return this.#fetch(kept);
    if (outcome === "skipped") this.#feed.count("books.repeated");
  }

  #applied(kept: KeptBook, change: BookChange): void {
    const { key } = kept.subscription;
    const feed = this.#feed;
    if (change.exchange_time === null) feed.data(key);
    else feed.data(key, change.exchange_time / 1_000);
    if (kept.brokenAt !== undefined) {
      feed.count("books.brokenMs", Math.round(this.#now() - kept.brokenAt));
      kept.brokenAt = undefined;
    }
    if (change.action === "update") kept.failures = 0;
    const { bbo, depth } = this.#session.settings.books;
    this.#tell(kept, change);
    if (change.action === "snapshot") for (const each of kept.keeper.replayed) this.#tell(kept, each);
    // The connection that is to take over keeps its books, and says nothing of them.
    if (feed.standby) return;
    if (bbo || feed.wanted("bbo")) this.#best(kept, change);
    if (this.#session.isSnapshotDue(key, change.received_at)) {
      this.#land("book_snapshots", snapshotRow(kept.keeper, change, depth));
      this.#show(kept);
    }
  }

  /** A change that the book has, for the stream of changes and for callbacks. */
  #tell({ subscription: { key } }: KeptBook, change: BookChange): void {
    const feed = this.#feed;
    const { updates } = this.#session.settings.books;
    if (
      updates &&
      (change.sequence !== null || !feed.standby) &&
      this.#session.landsChange(key, change.sequence)
    )
      this.#land("book_updates", updateRow(change));
    if (!feed.standby && feed.wanted("orderbook")) feed.emit("orderbook", change);
  }

  #best(kept: KeptBook, change: BookChange): void {
    const bid = kept.keeper.book.bids.at(0);
    const ask = kept.keeper.book.asks.at(0);
    // A level that has not changed is the same object.
    if (kept.bid === bid && kept.ask === ask) return;
    const best = bestOf(kept.keeper, change);
    kept.bid = bid;
    kept.ask = ask;
    if (this.#session.settings.books.bbo) this.#land("bbo", best as unknown as Row);
    if (this.#feed.wanted("bbo")) this.#feed.emit("bbo", best);
  }

  #show({ subscription, keeper }: KeptBook): void {
    const { faults, snapshots } = keeper.counts;
    const level = (side: "bids" | "asks"): readonly string[] | null => {
      const best = keeper.book[side].at(0);
      return best === undefined ? null : [best[0], best[1]];
    };
    this.#session.view.set(subscription.key, {
      book: subscription.key,
      live: keeper.live,
      bid: level("bids"),
      ask: level("asks"),
      levels: keeper.book.bids.size + keeper.book.asks.size,
      snapshots,
      faults: { ...faults },
    });
  }

  #broken(
    kept: KeptBook,
    why: string,
    change: { readonly symbol: string; readonly sequence: number | null },
  ): void {
    const { symbol, channel } = kept.subscription;
    const before = kept.keeper.sequence;
    this.#feed.count(`books.${why.split(" ")[0]}`);
    const reason = `the book of ${channel} is not whole: ${why}`;
    if (!this.#feed.standby) {
      const first = why === "gap" ? before : null;
      const gap = { symbol, stream: "book_updates", first, last: change.sequence, reason } as const;
      this.#land("gaps", this.#session.gap({ ...gap, state: "marked" }) as unknown as Row);
      const numbers = { from: before === null ? null : String(before), to: numberText(change.sequence) };
      this.#feed.gap({ channel, symbol, ...numbers, reason, outcome: "marked" });
    }
    this.#recover(kept, reason);
  }

  /** Asks for a snapshot, once. Snapshots that do not help are asked for at growing intervals. */
  #recover(kept: KeptBook, reason: string): void {
    kept.brokenAt ??= this.#now();
    this.#show(kept);
    this.#feed.count("books.resynced");
    const failures = kept.failures++;
    const { rule, orders } = kept.subscription.facts;
    const again = (): void => {
      if (rule?.snapshots === "rest" || orders === true) this.#fetch(kept);
      else this.#feed.resubscribe(kept.subscription.key, reason);
    };
    if (failures === 0) again();
    else this.#feed.after(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures), "resync", again);
  }

  /** Fetches a snapshot by REST, unless one is being fetched. */
  #fetch(kept: KeptBook): void {
    if (kept.asked) return;
    kept.asked = true;
    this.#feed.task(`snapshot ${kept.subscription.key}`, async (signal) => {
      try {
        await this.#snapshot(kept, signal);
        kept.asked = false;
      } catch (error) {
        if (signal.aborted) return;
        kept.asked = false;
        const said = error instanceof Error ? error.message : String(error);
        this.#feed.log("warn", `no snapshot of ${kept.subscription.key}: ${said}`);
        this.#recover(kept, "there was no snapshot");
      } finally {
        this.#flush();
      }
    });
  }

  async #snapshot(kept: KeptBook, signal: AbortSignal): Promise<void> {
    const { client, plan } = this.#session;
    const { subscription } = kept;
    const now = (): number => Math.round(this.#session.settings.clock.now() * 1_000);
    const context = { client, symbols: plan.symbols, now, signal };
    const { rest } = plan.mapping;
    if (kept.orders !== undefined && rest.orders !== undefined) {
      const { orders, sequence } = await rest.orders(subscription, context);
      if (signal.aborted) return;
      const stamped = {
        exchange: plan.mapping.name,
        symbol: subscription.symbol,
        channel: subscription.channel,
        exchange_time: null,
        received_at: now(),
        sequence,
      };
      const changes = kept.orders.begin(orders, stamped);
      if (changes === "gap") throw new Error("the snapshot is older than what came");
      for (const each of changes) this.#take(kept, each);
      return;
    }
    const snapshot = await rest.book?.(subscription, context);
    if (snapshot === undefined || signal.aborted) return;
    this.#take(kept, snapshot);
  }

  #now(): number {
    return this.#session.settings.clock.monotonic();
  }
}

function numberText(number: number | null): string | null {
  return number === null ? null : String(number);
}
