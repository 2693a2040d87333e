import { expect, test } from "vitest";
import { ConcurrencyFinder } from "./concurrency-finder.ts";

/** A site that answers `perSecond` at most, each request after `ms`. */
function simulate(
  finder: ConcurrencyFinder,
  site: { readonly perSecond: number; readonly ms: number },
  seconds: number,
): void {
  let now = 0;
  while (now < seconds * 1_000) {
    const rate = Math.min(site.perSecond, (finder.limit * 1_000) / site.ms);
    now += 1_000 / rate;
    finder.full();
    finder.done(now);
  }
}

test("where more requests bring more, as many are made as may be", () => {
  const finder = new ConcurrencyFinder(64);
  simulate(finder, { perSecond: 100_000, ms: 100 }, 5);
  expect(finder.limit).toBe(64);
});

test("where more requests bring nothing, few are made", () => {
  const finder = new ConcurrencyFinder(256);
  simulate(finder, { perSecond: 200, ms: 100 }, 4);
  expect(finder.limit).toBeLessThanOrEqual(64);
  expect(finder.limit).toBeGreaterThanOrEqual(16);
});

test("where there is not enough to do, nothing is concluded", () => {
  const finder = new ConcurrencyFinder(64);
  const before = finder.limit;
  for (let now = 0; now < 10_000; now += 100) finder.done(now);
  expect(finder.limit).toBe(before);
});
