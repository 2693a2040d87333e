import type { Row } from "@millrace/core";
import type { BookKeeper } from "../book/book-keeper.ts";
import { decimal } from "../model/fields.ts";
import type { Bbo, BookChange, Level } from "../model/market-event.ts";

/** The row of a change of a book. Fails with MLR_ROW_MALFORMED. */
export function updateRow(change: BookChange): Row {
  const { exchange, symbol, channel, action, exchange_time, received_at, sequence, raw } = change;
  return {
    exchange,
    symbol,
    channel,
    action,
    exchange_time,
    received_at,
    sequence,
    ...columns(change.bids, change.asks),
    ...(raw === undefined ? {} : { raw }),
  };
}

/** The row of a book's best levels. Fails with MLR_ROW_MALFORMED. */
export function snapshotRow({ book, sequence, changedAt }: BookKeeper, last: BookChange, depth: number): Row {
  return {
    exchange: last.exchange,
    symbol: last.symbol,
    channel: last.channel,
    exchange_time: changedAt,
    received_at: last.received_at,
    sequence,
    ...columns(book.bids.top(depth), book.asks.top(depth)),
  };
}

/** A book's best bid and offer. Fails with MLR_ROW_MALFORMED. */
export function bestOf({ book, sequence, changedAt }: BookKeeper, last: BookChange): Bbo {
  const bid = book.bids.at(0);
  const ask = book.asks.at(0);
  return {
    exchange: last.exchange,
    symbol: last.symbol,
    exchange_time: changedAt,
    received_at: last.received_at,
    bid_price: bid === undefined ? null : decimal(bid[0], "price"),
    bid_size: bid === undefined ? null : decimal(bid[1], "size"),
    ask_price: ask === undefined ? null : decimal(ask[0], "price"),
    ask_size: ask === undefined ? null : decimal(ask[1], "size"),
    sequence,
  };
}

function columns(bids: readonly Level[], asks: readonly Level[]): Row {
  return {
    bid_prices: bids.map((level) => decimal(level[0], "price")),
    bid_sizes: bids.map((level) => decimal(level[1], "size")),
    ask_prices: asks.map((level) => decimal(level[0], "price")),
    ask_sizes: asks.map((level) => decimal(level[1], "size")),
  };
}
