import { expect, test } from "vitest";
import { formatBytes } from "./format-bytes.ts";
import { formatCount, formatNumberOf, formatShortCount } from "./format-count.ts";
import { formatDuration } from "./format-duration.ts";
import { formatAbsolute, formatClock, formatRelative } from "./format-time.ts";

test("durations have the one or two units that matter", () => {
  const all = [0, 0.4, 350, 999.6, 4_200, 9_960, 59_600, 185_000, 7_440_000, 86_400_000 * 5 + 3_600_000 * 3];
  expect(all.map(formatDuration)).toEqual([
    "0 s",
    "< 1 ms",
    "350 ms",
    "1.0 s",
    "4.2 s",
    "10 s",
    "1 min",
    "3 min 5 s",
    "2 h 4 min",
    "5 d 3 h",
  ]);
  expect(formatDuration(Number.NaN)).toBe("–");
  expect(formatDuration(-5)).toBe("0 s");
});

test("sizes never show four digits before the point", () => {
  expect([0, 999, 1_000, 4_200_000, 99_960_000, 999_600_000, -2_000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "4.2 MB",
    "100 MB",
    "1.0 GB",
    "−2.0 kB",
  ]);
});

test("counts have separators, and short ones only where they are long", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
  expect([9_999, 12_345, 1_234_567].map(formatShortCount)).toEqual(["9,999", "12.3K", "1.2M"]);
  expect([0, 1, 2_000].map((count) => formatNumberOf(count, "run"))).toEqual([
    "0 runs",
    "1 run",
    "2,000 runs",
  ]);
});

test("instants are told from now, in one unit, in both directions", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const from = (ms: number): string => formatRelative(now + ms, now);
  expect([0, 2_000, -12_000, 300_000, -86_400_000 * 3, -86_400_000 * 400].map(from)).toEqual([
    "just now",
    "in a moment",
    "12 s ago",
    "in 5 min",
    "3 d ago",
    "1 y ago",
  ]);
});

test("absolute times name their zone, and an unknown zone does no harm", () => {
  const at = Date.parse("2026-03-01T05:04:03.120Z");
  expect(formatAbsolute(at, "UTC")).toBe("2026-03-01 05:04:03 UTC");
  expect(formatAbsolute(at, "Asia/Tokyo")).toBe("2026-03-01 14:04:03 GMT+9");
  expect(formatAbsolute(Date.parse("2026-03-01T00:00:00Z"), "UTC")).toContain(" 00:00:00 ");
  expect(formatAbsolute(at, "Nowhere/Land")).toContain("2026-0");
  expect(formatClock(at, { ms: true, zone: "UTC" })).toBe("05:04:03.120");
});
