import { expect, test } from "vitest";
import type { Candle, Trade } from "../model/market-event.ts";
import { CandleBuilder, type CandleOptions } from "./candle-builder.ts";
import { candleInterval } from "./interval.ts";

const SECOND = 1_000_000;

test("late and mixed up trades make the same candle as those in order", () => {
  const trades = [
    trade(1, 1, "10", "1"),
    trade(2, 2, "12", "0.1"),
    trade(3, 3, "9", "0.2"),
    trade(4, 4, "11", "3"),
  ];
  const ordered = all(trades, { graceUs: 10 * SECOND });
  expect(ordered).toMatchObject([
    { open: "10", high: "12", low: "9", close: "11", volume: "4.3", trades: 4 },
  ]);
  expect(ordered[0]?.quote_volume).toBe("46");
  const mixed = [trades[2], trades[0], trades[3], trades[1]] as Trade[];
  expect(all(mixed, { graceUs: 10 * SECOND })).toEqual(ordered);
});

test("a trade behind the end of its interval changes the closed candle, which is told again", () => {
  const builder = make({ graceUs: 0 });
  expect(builder.take(trade(1, 5, "10", "1"))).toEqual([]);
  expect(builder.take(trade(3, 61, "11", "1"))).toMatchObject([{ open_time: 0, close: "10", closed: true }]);
  expect(builder.take(trade(2, 6, "8", "2"))).toMatchObject([
    { open_time: 0, low: "8", close: "8", volume: "3", closed: true },
  ]);
  expect(builder.current()).toMatchObject([{ open_time: 60 * SECOND, closed: false }]);
});

test("a trade that is too late for any candle that is kept is counted", () => {
  const builder = make({ kept: 2 });
  for (const at of [0, 60, 120, 180]) builder.take(trade(at, at, "1", "1"));
  expect(builder.take(trade(9, 1, "1", "1"))).toEqual([]);
  expect(builder.lost).toBe(1);
});

test("the clock closes a candle that no further trade closes", () => {
  const builder = make({ graceUs: 2 * SECOND });
  builder.take(trade(1, 5, "10", "1"));
  expect(builder.advance(61 * SECOND)).toEqual([]);
  expect(builder.advance(62 * SECOND)).toMatchObject([{ open_time: 0, closed: true }]);
  expect(builder.advance(63 * SECOND)).toEqual([]);
});

test("intervals without trades have candles where that is wanted, each once", () => {
  const gap = [trade(1, 5, "10", "1"), trade(2, 200, "12", "1"), trade(3, 300, "12", "1")];
  expect(all(gap, { empty: false }).map(({ open_time: at }) => at / SECOND)).toEqual([0, 180, 300]);
  const filled = all(gap, { empty: true });
  expect(filled.map(({ open_time: at }) => at / SECOND)).toEqual([0, 60, 120, 180, 240, 300]);
  expect(filled[1]).toMatchObject({ open: "10", high: "10", low: "10", close: "10", volume: "0", trades: 0 });
  expect(filled[4]).toMatchObject({ open: "12", volume: "0" });
});

test("sums of many decimals are exact, and aggregates count their fills", () => {
  const trades = Array.from({ length: 10 }, (_, n) => ({ ...trade(n, 1, "0.1", "0.1"), fills: 3 }));
  expect(all(trades, {})).toMatchObject([{ volume: "1", quote_volume: "0.1", trades: 30 }]);
});

test("intervals of any length begin where people expect them to", () => {
  const at = Date.UTC(2026, 6, 15, 13, 47, 31) * 1_000;
  const startOf = (name: string): string => new Date(candleInterval(name).start(at) / 1_000).toISOString();
  expect(startOf("1m")).toBe("2026-07-15T13:47:00.000Z");
  expect(startOf("90s")).toBe("2026-07-15T13:46:30.000Z");
  expect(startOf("4h")).toBe("2026-07-15T12:00:00.000Z");
  expect(startOf("1d")).toBe("2026-07-15T00:00:00.000Z");
  expect(startOf("1d@8")).toBe("2026-07-14T16:00:00.000Z");
  expect(startOf("1w")).toBe("2026-07-13T00:00:00.000Z");
  expect(startOf("1M")).toBe("2026-07-01T00:00:00.000Z");
  expect(startOf("3M")).toBe("2026-07-01T00:00:00.000Z");
  const month = candleInterval("1M");
  expect(new Date(month.next(month.start(at)) / 1_000).toISOString()).toBe("2026-08-01T00:00:00.000Z");
  for (const wrong of ["", "m", "0m", "1x", "1.5m", "-1m"])
    expect(() => candleInterval(wrong)).toThrow(/no interval/);
});

function make(options: Partial<CandleOptions>): CandleBuilder {
  return new CandleBuilder({ interval: candleInterval("1m"), graceUs: 0, empty: false, kept: 5, ...options });
}

/** All candles, those that are open at the end too; the last of each. */
function all(trades: readonly Trade[], options: Partial<CandleOptions>): Candle[] {
  const builder = make(options);
  const told = [...trades.flatMap((each) => builder.take(each)), ...builder.current()];
  const last = new Map(told.map((each) => [each.open_time, each]));
  return [...last.values()].toSorted((a, b) => a.open_time - b.open_time);
}

function trade(sequence: number, second: number, price: string, size: string): Trade {
  return {
    exchange: "x",
    symbol: "A-B",
    trade_id: String(sequence),
    sequence,
    price,
    size,
    side: "buy",
    fills: 1,
    exchange_time: second * SECOND,
    received_at: 0,
    backfilled: false,
  };
}
