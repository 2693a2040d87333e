import { describe, expect, it } from "vitest";
import type { SnapshotPeriod } from "../schema/table.ts";
import { coarserScope, previousScope, scopeOfStored, snapshotScope, storedScope } from "./snapshot-scope.ts";

const scope = (every: SnapshotPeriod, timeZone: string, time: string): string =>
  snapshotScope({ every, timeZone }, Date.parse(time));

describe("the current scope", () => {
  it.each([
    ["hour", "UTC", "2026-11-22T13:14:15.999Z", "2026-11-22T13:00:00Z"],
    ["day", "UTC", "2026-11-22T23:59:59.999Z", "2026-11-22"],
    ["week", "UTC", "2026-11-22T13:14:15Z", "2026-11-16"],
    ["week", "UTC", "2026-11-23T00:00:00Z", "2026-11-23"],
    ["week", "UTC", "1969-12-28T12:00:00Z", "1969-12-22"],
    ["month", "UTC", "2028-02-29T13:14:15Z", "2028-02-01"],
    ["year", "UTC", "2026-11-22T13:14:15Z", "2026-01-01"],
    ["day", "Europe/Berlin", "2026-11-22T22:59:59Z", "2026-11-22"],
    ["day", "Europe/Berlin", "2026-11-22T23:00:00Z", "2026-11-23"],
    ["day", "Europe/Berlin", "2026-07-22T22:00:00Z", "2026-07-23"],
    ["year", "Pacific/Auckland", "2026-12-31T11:00:00Z", "2027-01-01"],
    ["month", "America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-11-01"],
    ["week", "Asia/Kolkata", "2026-11-22T18:30:00Z", "2026-11-23"],
    ["day", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04"],
    ["hour", "Asia/Kolkata", "2026-11-22T13:14:15Z", "2026-11-22T12:30:00Z"],
    ["hour", "Asia/Kathmandu", "2026-11-22T13:15:00Z", "2026-11-22T13:15:00Z"],
  ] as const)("of one per %s in %s at %s is %s", (every, timeZone, time, expected) => {
    expect(scope(every, timeZone, time)).toBe(expected);
  });

  it("tells the two hours apart that a clock shows twice", () => {
    const hours = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"];
    expect(hours.map((time) => scope("hour", "Europe/Berlin", time))).toEqual([
      "2026-10-25T00:00:00Z",
      "2026-10-25T01:00:00Z",
      "2026-10-25T02:00:00Z",
    ]);
  });

  it("takes an hour and a half for one hour where the clock is set back by half an hour", () => {
    // Lord Howe Island: at 02:00 it becomes 01:30 again.
    const hours = ["2026-04-04T14:30:00Z", "2026-04-04T15:15:00Z", "2026-04-04T15:30:00Z"];
    expect(hours.map((time) => scope("hour", "Australia/Lord_Howe", time))).toEqual([
      "2026-04-04T14:00:00Z",
      "2026-04-04T14:00:00Z",
      "2026-04-04T15:30:00Z",
    ]);
  });

  it("begins an hour where the clock was set forward into it", () => {
    // At 02:00 it becomes 02:30.
    const hours = [
      "2026-10-03T15:29:59Z",
      "2026-10-03T15:30:00Z",
      "2026-10-03T15:59:59Z",
      "2026-10-03T16:00:00Z",
    ];
    expect(hours.map((time) => scope("hour", "Australia/Lord_Howe", time))).toEqual([
      "2026-10-03T14:30:00Z",
      "2026-10-03T15:30:00Z",
      "2026-10-03T15:30:00Z",
      "2026-10-03T16:00:00Z",
    ]);
  });
});

describe("the scope before", () => {
  it.each([
    ["hour", "UTC", "2026-11-22T00:00:00Z", "2026-11-21T23:00:00Z"],
    ["hour", "Australia/Lord_Howe", "2026-10-03T16:00:00Z", "2026-10-03T15:30:00Z"],
    ["hour", "Australia/Lord_Howe", "2026-04-04T15:30:00Z", "2026-04-04T14:00:00Z"],
    ["day", "UTC", "2028-03-01", "2028-02-29"],
    ["week", "UTC", "2026-11-23", "2026-11-16"],
    ["month", "UTC", "2026-01-01", "2025-12-01"],
    ["year", "UTC", "2026-01-01", "2025-01-01"],
    ["day", "Europe/Berlin", "2026-03-30", "2026-03-29"],
    ["day", "America/Sao_Paulo", "2018-11-05", "2018-11-04"],
  ] as const)("one per %s in %s, %s, is %s", (every, timeZone, given, expected) => {
    expect(previousScope({ every, timeZone }, given)).toBe(expected);
  });

  it("is never a day that the time zone left out", () => {
    expect(previousScope({ every: "day", timeZone: "Pacific/Apia" }, "2011-12-31")).toBe("2011-12-29");
  });

  it("meets every scope of some years once, in every time zone there is a change in", () => {
    for (const timeZone of [
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "America/New_York",
      "Africa/Casablanca",
    ]) {
      const snapshot = { every: "hour", timeZone } as const;
      const there = new Set<string>();
      const from = Date.UTC(2026, 0, 1);
      for (let ms = from; ms < Date.UTC(2027, 0, 1); ms += 900_000) there.add(snapshotScope(snapshot, ms));
      let met = 0;
      for (let at = snapshotScope(snapshot, Date.UTC(2026, 11, 31, 23, 59)); there.has(at); met++)
        at = previousScope(snapshot, at);
      expect(met, timeZone).toBe(there.size);
    }
  });
});

it("the day of an hour is the local one", () => {
  const snapshot = { every: "hour", timeZone: "Europe/Berlin" } as const;
  expect(coarserScope(snapshot, "2026-11-22T23:00:00Z", "day")).toBe("2026-11-23");
  expect(coarserScope(snapshot, "2026-11-22T22:00:00Z", "week")).toBe("2026-11-16");
});

it.each([
  ["day", "2026-11-22"],
  ["hour", "2026-11-22T13:30:00Z"],
  ["hour", "1969-12-31T23:00:00Z"],
] as const)("a scope per %s, %s, is told again from its stored value", (every, text) => {
  expect(scopeOfStored({ every, timeZone: "UTC" }, storedScope(text))).toBe(text);
});
