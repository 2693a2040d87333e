import { expect, test } from "vitest";
import { releaseBefore, releaseId } from "./release-id.ts";

const NOW = Date.UTC(2026, 10, 22, 18, 30, 0, 5);

test("names sort by time", () => {
  const first = releaseId(NOW, []);
  expect(first).toMatch(/^20261122T183000005Z-[0-9a-f]{4}$/);
  expect(releaseId(NOW + 1, [first]) > first).toBe(true);
});

test("a clock that goes back is told, and nothing is named", () => {
  const newest = releaseId(NOW + 60_000, []);
  expect(() => releaseId(NOW, [newest])).toThrow(expect.objectContaining({ code: "MLR_DEPLOY_FAILED" }));
});

test("the release before is the newest of those that are older", () => {
  expect(releaseBefore("c", ["a", "b", "c", "d"])).toBe("b");
  expect(releaseBefore("a", ["a", "b"])).toBeUndefined();
  expect(releaseBefore(undefined, ["a"])).toBeUndefined();
});
