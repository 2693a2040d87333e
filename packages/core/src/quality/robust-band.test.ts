import { expect, test } from "vitest";
import { robustBand } from "./robust-band.ts";

test("is the median plus and minus k median absolute deviations", () => {
  expect(robustBand([10, 12, 14, 16, 18], 3, 0)).toEqual({ low: 8, high: 20, median: 14 });
  expect(robustBand([10, 12, 14, 16], 2, 0)).toEqual({ low: 9, high: 17, median: 13 });
});

test("one odd value moves it hardly", () => {
  const usual = robustBand([100, 101, 99, 102, 98, 100, 100], 3, 0);
  const odd = robustBand([100, 101, 99, 102, 98, 100, 1_000_000], 3, 0);
  expect(odd.median).toBe(100);
  expect(odd.high - usual.high).toBeLessThan(5);
});

test("is never narrower than the tolerance, also where the past values were all the same", () => {
  expect(robustBand([200, 200, 200], 3, 0.05)).toEqual({ low: 190, high: 210, median: 200 });
});
