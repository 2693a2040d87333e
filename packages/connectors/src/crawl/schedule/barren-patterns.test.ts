import { expect, test } from "vitest";
import { BarrenPatterns, patternOf } from "./barren-patterns.ts";

test.each([
  ["https://a.org/calendar/2031/04?view=3", "https://a.org/calendar/#/#?view"],
  ["https://a.org/s/0a1b2c3d4e5f6a7b8c9d/list", "https://a.org/s/*/list"],
  ["https://a.org/a-very-long-name-of-a-page", "https://a.org/a-very-long-name-of-a-page"],
  ["https://a.org/?b=1&a=2&b=3", "https://a.org/?a&b"],
])("%s is like %s", (url, pattern) => {
  expect(patternOf(url)).toBe(pattern);
});

test("a calendar that leads only to itself is stopped, and what is left out is counted", () => {
  const patterns = new BarrenPatterns(3);
  const month = (number: number): string => `https://a.org/calendar?month=${number}`;
  expect([1, 2, 3].map((number) => patterns.visited(month(number), [month(number + 1)], false))).toEqual([
    undefined,
    undefined,
    "https://a.org/calendar?month",
  ]);
  expect(patterns.allows(month(4))).toBe(false);
  expect(patterns.allows("https://a.org/item/4")).toBe(true);
  expect([...patterns.stopped]).toEqual([["https://a.org/calendar?month", 1]]);
});

test("pages that give rows or lead elsewhere are never stopped", () => {
  const patterns = new BarrenPatterns(2);
  for (let page = 1; page < 10; page++) {
    expect(patterns.visited(`https://a.org/list/${page}`, ["https://a.org/item/1"], false)).toBeUndefined();
    expect(patterns.visited(`https://a.org/item/${page}`, [], true)).toBeUndefined();
  }
});
