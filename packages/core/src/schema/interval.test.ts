import { describe, expect, it } from "vitest";
import { formatInterval, parseInterval } from "./interval.ts";

function canonical(text: string): string | undefined {
  const interval = parseInterval(text);
  return interval === undefined ? undefined : formatInterval(interval);
}

describe("intervals", () => {
  it.each([
    ["P1Y2M3DT4H5M6.5S", "P14M3DT14706.5S"],
    ["P2W", "P14D"],
    ["PT0S", "PT0S"],
    ["P0D", "PT0S"],
    ["PT1.5H", "PT5400S"],
    ["P-1Y-2DT-3S", "P-12M-2DT-3S"],
    ["-P1DT1S", "P-1DT-1S"],
    ["PT-0.000001S", "PT-0.000001S"],
    ["PT0.1234567S", "PT0.123456S"],
    ["1 year 2 mons 3 days 04:05:06.5", "P14M3DT14706.5S"],
    ["-1 days +02:03:00", "P-1DT7380S"],
    ["-00:00:01", "PT-1S"],
    ["1 day", "P1D"],
    ["100:00:00", "PT360000S"],
  ])("reads %s as %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(expected)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "P",
    "PT",
    "P1YT",
    "1",
    "P1H",
    "PT1D",
    "one day",
    "P99999999999Y",
    "PT9999999999999999999S",
  ])("refuses %j", (text) => {
    expect(canonical(text)).toBeUndefined();
  });
});
