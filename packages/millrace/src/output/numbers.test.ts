import { expect, test } from "vitest";
import { formatBytes, formatCount, formatDuration, formatMany, formatSeconds } from "./numbers.ts";

test("counts have separators between thousands", () => {
  expect(formatCount(1234567)).toBe("1,234,567");
  expect(formatMany(1, "row")).toBe("1 row");
  expect(formatMany(1234, "row")).toBe("1,234 rows");
});

test("bytes are given in the unit that keeps them short", () => {
  expect([0, 999, 1000, 1536, 99_949, 999_950, 2e9].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 KB",
    "1.5 KB",
    "99.9 KB",
    "1.0 MB",
    "2.0 GB",
  ]);
});

test("durations are given in the units that people say them in", () => {
  expect([420, 9_960, 59_400, 60_000, 200_000, 7_500_000].map(formatDuration)).toEqual([
    "0.4 s",
    "10 s",
    "59 s",
    "1 min",
    "3 min 20 s",
    "2 h 5 min",
  ]);
  expect([420, 12_345, 1_204_000].map(formatSeconds)).toEqual(["0.42", "12.3", "1,204"]);
});
