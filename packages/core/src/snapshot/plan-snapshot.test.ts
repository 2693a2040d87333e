import { expect, it } from "vitest";
import type { SnapshotDefinition } from "../schema/table.ts";
import { planSnapshot } from "./plan-snapshot.ts";
import { previousScope } from "./snapshot-scope.ts";

const daily: SnapshotDefinition = { every: "day", timeZone: "UTC" };

/** So many scopes that end with this one. */
function scopes(snapshot: SnapshotDefinition, last: string, count: number): string[] {
  const found = [last];
  while (found.length < count) found.unshift(previousScope(snapshot, found[0] ?? ""));
  return found;
}

it("the first snapshot of a table misses nothing, whatever the date", () => {
  expect(planSnapshot(daily, "2026-11-22", [])).toEqual({ missed: [], expired: [] });
});

it("the boundaries since the last snapshot are missed, not those before it", () => {
  const { missed } = planSnapshot(daily, "2026-11-22", ["2026-11-01", "2026-11-19"]);
  expect(missed).toEqual(["2026-11-20", "2026-11-21"]);
});

it("a snapshot taken again misses nothing, and neither does one of a clock that went back", () => {
  expect(planSnapshot(daily, "2026-11-22", ["2026-11-01", "2026-11-22"]).missed).toEqual([]);
  expect(planSnapshot(daily, "2026-11-22", ["2026-11-25"]).missed).toEqual([]);
});

it("of very many missed boundaries the newest are told", () => {
  const { missed } = planSnapshot({ every: "hour", timeZone: "UTC" }, "2026-11-22T00:00:00Z", [
    "1970-01-01T00:00:00Z",
  ]);
  expect(missed).toHaveLength(1_000);
  expect(missed.at(-1)).toBe("2026-11-21T23:00:00Z");
});

it("a missed hour of a night with 25 of them is told by its own instant", () => {
  const berlin = { every: "hour", timeZone: "Europe/Berlin" } as const;
  expect(planSnapshot(berlin, "2026-10-25T02:00:00Z", ["2026-10-25T00:00:00Z"]).missed).toEqual([
    "2026-10-25T01:00:00Z",
  ]);
});

it("nothing expires without retention", () => {
  expect(planSnapshot(daily, "2026-11-22", scopes(daily, "2026-11-21", 5_000)).expired).toEqual([]);
});

it("retention keeps the last of each of the newest units, and what any of the counts keeps", () => {
  const snapshot: SnapshotDefinition = {
    every: "hour",
    timeZone: "UTC",
    retention: { hours: 3, days: 3, months: 3 },
  };
  const before = scopes(snapshot, "2026-11-22T04:00:00Z", 24 * 120);
  const { expired } = planSnapshot(snapshot, "2026-11-22T05:00:00Z", before);
  const gone = new Set(expired);
  expect(before.filter((scope) => !gone.has(scope))).toEqual([
    "2026-09-30T23:00:00Z",
    "2026-10-31T23:00:00Z",
    "2026-11-20T23:00:00Z",
    "2026-11-21T23:00:00Z",
    "2026-11-22T03:00:00Z",
    "2026-11-22T04:00:00Z",
  ]);
});

it("units without a snapshot count for nothing, so that a pause deletes nothing", () => {
  const snapshot: SnapshotDefinition = { ...daily, retention: { days: 3 } };
  const { expired } = planSnapshot(snapshot, "2026-11-22", ["2024-01-01", "2025-01-01", "2026-01-01"]);
  expect(expired).toEqual(["2024-01-01"]);
});

it("thinning day after day ends where thinning at once does", () => {
  const snapshot: SnapshotDefinition = { ...daily, retention: { days: 7, weeks: 4, months: 6 } };
  const all = scopes(snapshot, "2026-11-22", 400);
  let kept: string[] = [];
  for (const scope of all) {
    const gone = new Set(planSnapshot(snapshot, scope, kept).expired);
    kept = [...kept.filter((each) => !gone.has(each)), scope];
  }
  const gone = new Set(planSnapshot(snapshot, "2026-11-22", all).expired);
  expect(kept).toEqual(all.filter((scope) => !gone.has(scope)));
});

it("the snapshot that is taken never expires, also by a clock that went back", () => {
  const snapshot: SnapshotDefinition = { ...daily, retention: { days: 1 } };
  expect(planSnapshot(snapshot, "2026-11-20", ["2026-11-20", "2026-11-22"]).expired).toEqual([]);
});
