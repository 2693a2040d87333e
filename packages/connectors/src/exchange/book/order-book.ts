import { crc32 } from "node:zlib";
import type { BookChange, Level } from "../model/market-event.ts";
import { BookSide } from "./book-side.ts";

const CHECKED_LEVELS = 25;

/** The levels of one instrument's book by price (L2). */
export class OrderBook {
  readonly bids = new BookSide("bids");
  readonly asks = new BookSide("asks");

  /** Puts a snapshot in the place of all levels. Fails with MLR_ROW_MALFORMED. */
  reset(change: Pick<BookChange, "bids" | "asks">): void {
    this.bids.clear();
    this.asks.clear();
    // Best first is how snapshots come; from the far end, each level goes to the end of its side.
    for (let i = change.bids.length - 1; i >= 0; i--) this.bids.set(change.bids[i] as Level);
    for (let i = change.asks.length - 1; i >= 0; i--) this.asks.set(change.asks[i] as Level);
  }

  /** Sets the levels that changed. Fails with MLR_ROW_MALFORMED. */
  apply({ bids, asks }: Pick<BookChange, "bids" | "asks">): void {
    for (let i = 0; i < bids.length; i++) this.bids.set(bids[i] as Level);
    for (let i = 0; i < asks.length; i++) this.asks.set(asks[i] as Level);
  }

  /** True where the best bid is at or above the best offer, which a whole book never is. */
  get crossed(): boolean {
    const bid = this.bids.at(0);
    const ask = this.asks.at(0);
    return bid !== undefined && ask !== undefined && Number(bid[0]) >= Number(ask[0]);
  }

  /** CRC-32 of the best 25 levels of each side, price and size as they came, as OKX reckons it (signed). */
  checksum(): number {
    const parts: string[] = [];
    for (let rank = 0; rank < CHECKED_LEVELS; rank++) {
      const bid = this.bids.at(rank);
      const ask = this.asks.at(rank);
      if (bid !== undefined) parts.push(bid[0], bid[1]);
      if (ask !== undefined) parts.push(ask[0], ask[1]);
    }
    return crc32(parts.join(":")) | 0;
  }
}
