import { expect, test } from "vitest";
import { sparkline } from "./sparkline.ts";

test("draws numbers from the least to the greatest, and points where there are none", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([100, null, 200])).toBe("▁·█");
});

test("draws numbers that are all the same as a low line", () => {
  expect(sparkline([5, 5, 5])).toBe("▁▁▁");
  expect(sparkline([])).toBe("");
});
