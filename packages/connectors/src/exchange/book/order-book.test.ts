import { expect, test } from "vitest";
import { BookKeeper } from "./book-keeper.ts";
import { compareDecimals } from "./compare-decimals.ts";
import { OrderBook } from "./order-book.ts";
import { unnumberedRule } from "./sequence-rule.ts";

test("prices that are the same double stay two levels, and two texts of one price are one", () => {
  const book = new OrderBook();
  const [a, b, c] = ["1.00000000000000001", "1.00000000000000002", "1.00000000000000003"] as const;
  book.apply({
    bids: [
      [b, "2"],
      [a, "1"],
      [c, "3"],
    ],
    asks: [],
  });
  expect(book.bids.top(5)).toEqual([
    [c, "3"],
    [b, "2"],
    [a, "1"],
  ]);
  book.apply({
    bids: [
      [b, "0"],
      ["1.000000000000000010", "9"],
    ],
    asks: [],
  });
  expect(book.bids.top(5)).toEqual([
    [c, "3"],
    ["1.000000000000000010", "9"],
  ]);
  book.apply({
    bids: [],
    asks: [
      [c, "1"],
      [a, "1"],
      ["1.10", "1"],
      ["1.1", "2"],
    ],
  });
  expect(book.asks.top(5)).toEqual([
    [a, "1"],
    [c, "1"],
    ["1.1", "2"],
  ]);
});

test("a size of zero removes a level, however it is written; of one that is not there, nothing happens", () => {
  const book = new OrderBook();
  book.apply({
    bids: [
      ["2", "1"],
      ["1", "0.5"],
    ],
    asks: [],
  });
  book.apply({
    bids: [
      ["2", "0.00000000"],
      ["7", "0"],
    ],
    asks: [],
  });
  expect(book.bids.top(5)).toEqual([["1", "0.5"]]);
});

test("levels that are none are refused, and the book is not whole after that", () => {
  const wrong = [["", "1"], ["x", "1"], ["-1", "1"], ["0", "1"], ["1", ""], ["1", "-1"], ["1"], [1, 1], null];
  for (const level of wrong) {
    const keeper = new BookKeeper(unnumberedRule);
    keeper.take({ ...change, action: "snapshot", bids: [["1", "1"]], asks: [["2", "1"]] });
    expect(keeper.live).toBe(true);
    const bids = [level] as unknown as typeof change.bids;
    expect(() => keeper.take({ ...change, action: "update", bids }), JSON.stringify(level)).toThrow(
      /"level"/,
    );
    expect(keeper.live).toBe(false);
  }
});

test("a book whose best bid reaches its best offer is not whole", () => {
  const keeper = new BookKeeper(unnumberedRule);
  keeper.take({ ...change, action: "snapshot", bids: [["1", "1"]], asks: [["2", "1"]] });
  expect(keeper.take({ ...change, action: "update", bids: [["2", "1"]] })).toBe("broken");
  expect(keeper.fault).toBe("crossed");
});

test("decimals are compared by their digits", () => {
  const sorted = [
    "0",
    "0.000000000000000000001",
    "0.1",
    "0.10000000000000000001",
    "9.99",
    "10",
    "123456789012345678901",
  ];
  for (const [i, a] of sorted.entries())
    for (const [j, b] of sorted.entries()) expect(Math.sign(compareDecimals(a, b))).toBe(Math.sign(i - j));
  expect(compareDecimals("1.50", "01.5")).toBe(0);
});

const change = {
  exchange: "x",
  symbol: "A-B",
  channel: "books",
  exchange_time: 0,
  received_at: 0,
  bids: [] as readonly (readonly [string, string])[],
  asks: [] as readonly (readonly [string, string])[],
  sequence: null,
  first: null,
  previous: null,
};
