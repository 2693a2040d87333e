import { describe, expect, test } from "vitest";
import { Page } from "../../page/page.ts";
import { area, squareFeet } from "./area.ts";
import { date, dateIn } from "./date.ts";
import { matching } from "./matching.ts";
import { number, numberIn } from "./number.ts";
import { currency, price, priceIn } from "./price.ts";
import { text } from "./text.ts";
import { url } from "./url.ts";

const page = new Page({
  url: "https://a.org/list/?page=2",
  requested: "https://a.org/list/?page=2",
  status: 200,
  headers: {},
  html: "<p>",
  depth: 0,
  parsing: "fast",
  fetchedAt: Date.UTC(2026, 2, 31, 20),
});
const place = { page, within: page.document, row: {} };

test.each([
  ["1,234 items", 1234],
  ["12.5 %", 12.5],
  ["1.234,56 €", 1234.56],
  ["1 234 567,8", 1234567.8],
  ["1'234.50", 1234.5],
  ["1.234.567", 1234567],
  ["-5", -5],
  ["−7 °C", -7],
  ["A-5", 5],
  ["３５ 平方米", 35],
  ["0,500", 0.5],
  ["none", null],
  ["2 房 1 浴", 2],
  ["5 m² ", 5],
  ["10 km", 10],
])("the number in %j is %j", (found, expected) => {
  expect(number(found)).toBe(expected);
});

test.each([
  ["$1,234.50", "1234.50"],
  ["售 $598 萬元", "5980000"],
  ["5.98 Millions", "5980000"],
  ["HKD$1.2億", "120000000"],
  ["租 $15,000 元", "15000"],
  ["12.345.678,90 kr", "12345678.90"],
  ["1.5 billion", "1500000000"],
  ["90071992547409931.55", "90071992547409931.55"],
  ["call us", null],
])("the price in %j is %j", (found, expected) => {
  expect(price(found, place)).toBe(expected);
});

test("how numbers are written can be said", () => {
  expect(numberIn({ decimal: "," })("1.234", place)).toBe(1234);
  expect(numberIn({ decimal: "." })("1,234", place)).toBe(1234);
  expect(priceIn({ decimal: "." })("1.234", place)).toBe("1.234");
});

test.each([
  ["HK$ 5", "HKD"],
  ["5 EUR", "EUR"],
  ["€5", "EUR"],
  ["RMB 8", "CNY"],
  ["$5", null],
])("the currency of %j is %j", (found, expected) => {
  expect(currency(found)).toBe(expected);
});

test("areas are converted to the unit that is asked for", () => {
  expect(squareFeet("實用面積 432 呎", place)).toBe(432);
  expect(area("432 ft²", place)).toBe(40.134);
  expect(area("1,200 sq. ft.", place)).toBe(111.484);
  expect(squareFeet("40 m²", place)).toBe(430.556);
  expect(area("52", place)).toBe(52);
  expect(area("-", place)).toBeNull();
});

describe("dates", () => {
  test.each([
    ["2026-11-20", "2026-11-20"],
    ["20/11/2026", "2026-11-20"],
    ["20.1.2026", "2026-01-20"],
    ["20 November 2026", "2026-11-20"],
    ["Updated Nov 2nd, 2026", "2026-11-02"],
    ["2026年3月5日", "2026-03-05"],
    ["20261120", "2026-11-20"],
    ["31/02/2026", null],
    ["3 days ago", "2026-03-28"],
    ["an hour ago", "2026-03-31"],
    ["2 個月前", "2026-01-31"],
    ["1 month ago", "2026-02-28"],
    ["昨日", "2026-03-30"],
    ["today", "2026-03-31"],
    ["soon", null],
  ])("%j is %j", (found, expected) => {
    expect(date(found, place)).toBe(expected);
  });

  test("the order of day and month, and where today ends, can be said", () => {
    expect(dateIn({ first: "month" })("11/20/2026", place)).toBe("2026-11-20");
    expect(dateIn({ utcOffsetHours: 8 })("今日", place)).toBe("2026-04-01");
  });
});

test("addresses are made absolute, and what is no page is none", () => {
  expect(url(" ../a?b#c ", place)).toBe("https://a.org/a?b#c");
  expect(url("mailto:a@b.org", place)).toBeNull();
  expect(url("https://[", place)).toBeNull();
});

test("a pattern takes a part of a text, also again and again", () => {
  const rooms = matching(/(\d+) 房/g, number);
  expect([rooms("3 房 2 浴", place), rooms("3 房", place), rooms("開放式", place)]).toEqual([3, 3, null]);
  expect(text("  a \n b ")).toBe("a b");
});
