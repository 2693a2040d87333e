import { expect, test } from "vitest";
import { formatTime } from "./function-lines.ts";

test.each([
  [0, "0 µs"],
  [0.000_42, "0.42 µs"],
  [0.9994, "999 µs"],
  [0.9996, "1.00 ms"],
  [12.34, "12.3 ms"],
  [4_071, "4.07 s"],
  [998_000, "998 s"],
  [9_000_000, "2.50 h"],
])("%d ms is written %s", (ms, text) => {
  expect(formatTime(ms)).toBe(text);
});
