import { expect, test } from "vitest";
import type { Trade } from "../model/market-event.ts";
import { TradeTrack } from "./trade-track.ts";

test("trades that follow one another leave nothing open, and each is taken once", () => {
  const track = new TradeTrack(undefined);
  expect([5, 6, 7, 6, 5].map((id) => track.take(trade(id)))).toEqual([true, true, true, false, false]);
  expect(track.state).toEqual({ last: 7, holes: [] });
});

test("what is missing is known, and closes as trades come late, in any order", () => {
  const track = new TradeTrack(undefined);
  for (const id of [1, 6, 10]) track.take(trade(id));
  expect(track.holes).toEqual([
    { first: 2, last: 5 },
    { first: 7, last: 9 },
  ]);
  expect(track.take(trade(3))).toBe(true);
  expect(track.take(trade(3))).toBe(false);
  expect(track.holes).toEqual([
    { first: 2, last: 2 },
    { first: 4, last: 5 },
    { first: 7, last: 9 },
  ]);
  for (const id of [2, 4, 5, 9, 8, 7]) expect(track.take(trade(id))).toBe(true);
  expect(track.holes).toEqual([]);
});

test("an aggregate of several fills covers the numbers before its own", () => {
  const track = new TradeTrack(undefined, ({ fills }) => fills);
  track.take(trade(120));
  expect(track.take(trade(123, 3))).toBe(true);
  expect(track.holes).toEqual([]);
  track.take(trade(130, 2));
  expect(track.holes).toEqual([{ first: 124, last: 128 }]);
});

test("a restart goes on with what was open", () => {
  const before = new TradeTrack(undefined);
  for (const id of [1, 4]) before.take(trade(id));
  const after = new TradeTrack(before.state);
  expect(after.take(trade(4))).toBe(false);
  expect(after.take(trade(2))).toBe(true);
  after.take(trade(6));
  expect(after.holes).toEqual([
    { first: 3, last: 3 },
    { first: 5, last: 5 },
  ]);
});

test("a trade that is only spoken of is missing until it comes", () => {
  const track = new TradeTrack(undefined);
  expect(track.expect(9)).toBe(false);
  track.take(trade(7));
  expect(track.expect(9)).toBe(true);
  expect(track.expect(9)).toBe(false);
  expect(track.take(trade(8))).toBe(true);
  track.close({ first: 9, last: 9 });
  expect(track.holes).toEqual([]);
});

function trade(sequence: number, fills = 1): Trade {
  return {
    exchange: "x",
    symbol: "A-B",
    trade_id: String(sequence),
    sequence,
    price: "1",
    size: "1",
    side: "buy",
    fills,
    exchange_time: 0,
    received_at: 0,
    backfilled: false,
  };
}
