import { snapshotScope } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { shownAt } from "../../test/wall-clock.ts";
import { type PartitionRange, partitionsOf } from "./partitions.ts";

const HOUR = 3_600_000;

const names = (range: PartitionRange): string[] => partitionsOf(range).map(({ name }) => name);
const hours = (range: PartitionRange): number[] =>
  partitionsOf(range).map(({ startMs, endMs }) => (endMs - startMs) / HOUR);

describe("partitionsOf", () => {
  test("names days, and leaves the end out", () => {
    expect(names({ from: "2026-02-27", to: "2026-03-02", by: "day" })).toEqual([
      "2026-02-27",
      "2026-02-28",
      "2026-03-01",
    ]);
  });

  test("takes whole partitions that have a part in the range", () => {
    const [first, ...others] = partitionsOf({
      from: "2026-01-15T10:00",
      to: "2026-03-01T00:00:01",
      by: "month",
    });
    expect(first).toEqual({ name: "2026-01", startMs: Date.UTC(2026, 0, 1), endMs: Date.UTC(2026, 1, 1) });
    expect(others.map(({ name }) => name)).toEqual(["2026-02", "2026-03"]);
  });

  test("names weeks as ISO 8601 does", () => {
    expect(names({ from: "2026-12-27", to: "2027-01-12", by: "week" })).toEqual([
      "2026-W52",
      "2026-W53",
      "2027-W01",
      "2027-W02",
    ]);
    expect(names({ from: "2021-01-01", to: "2021-01-05", by: "week" })).toEqual(["2020-W53", "2021-W01"]);
  });

  test("takes years and months by their number alone", () => {
    expect(names({ from: "2024", to: "2027", by: "year" })).toEqual(["2024", "2025", "2026"]);
    expect(names({ from: "2026-11", to: "2027-02", by: "month" })).toEqual(["2026-11", "2026-12", "2027-01"]);
  });

  test("days are as long as they are", () => {
    const timeZone = "Europe/Berlin";
    expect(hours({ from: "2026-03-28", to: "2026-03-31", by: "day", timeZone })).toEqual([24, 23, 24]);
    expect(hours({ from: "2026-10-24", to: "2026-10-27", by: "day", timeZone })).toEqual([24, 25, 24]);
    const lordHowe = "Australia/Lord_Howe";
    expect(hours({ from: "2026-10-04", to: "2026-10-05", by: "day", timeZone: lordHowe })).toEqual([23.5]);
  });

  test("hours that clocks show twice have names of their own", () => {
    expect(
      names({ from: "2026-10-25T01:00", to: "2026-10-25T04:00", by: "hour", timeZone: "Europe/Berlin" }),
    ).toEqual(["2026-10-24T23:00Z", "2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"]);
    expect(
      names({ from: "2026-03-29T01:00", to: "2026-03-29T04:00", by: "hour", timeZone: "Europe/Berlin" }),
    ).toEqual(["2026-03-29T00:00Z", "2026-03-29T01:00Z"]);
  });

  test("a day without midnight begins at the jump, and one that never was is left out", () => {
    const [beirut] = partitionsOf({
      from: "2026-03-29",
      to: "2026-03-30",
      by: "day",
      timeZone: "Asia/Beirut",
    });
    expect(beirut).toEqual({
      name: "2026-03-29",
      startMs: Date.UTC(2026, 2, 28, 22),
      endMs: Date.UTC(2026, 2, 29, 21),
    });
    expect(names({ from: "2011-12-29", to: "2012-01-01", by: "day", timeZone: "Pacific/Apia" })).toEqual([
      "2011-12-29",
      "2011-12-31",
    ]);
  });

  test.each([
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/Havana",
    "America/Santiago",
    "America/Scoresbysund",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Antarctica/Troll",
    "Pacific/Chatham",
  ])(
    "partitions of 2026 in %s follow one another, begin where clocks say, and have names in order",
    (timeZone) => {
      for (const by of ["hour", "day", "week", "month", "year"] as const) {
        const all = partitionsOf({ from: "2026-01-01", to: "2027-01-01", by, timeZone });
        const wrong = all.filter(({ name, startMs, endMs }, index) => {
          const following = all[index + 1];
          if (endMs <= startMs) return true;
          return following !== undefined && (following.startMs !== endMs || following.name <= name);
        });
        expect(wrong).toEqual([]);
        if (by === "hour") continue;
        for (const { endMs } of all)
          expect(shownAt(timeZone, endMs).day).not.toBe(shownAt(timeZone, endMs - 1_000).day);
      }
    },
  );

  test("hours begin where snapshots by the hour do, days where snapshots by the day do", () => {
    for (const timeZone of ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]) {
      for (const month of ["03", "04", "10"]) {
        const range = { from: `2026-${month}-01`, to: `2026-${month}-30`, timeZone };
        for (const { name, startMs } of partitionsOf({ ...range, by: "hour" }))
          expect(`${name.slice(0, -1)}:00Z`).toBe(snapshotScope({ every: "hour", timeZone }, startMs));
        for (const { name, startMs, endMs } of partitionsOf({ ...range, by: "day" })) {
          expect(snapshotScope({ every: "day", timeZone }, startMs)).toBe(name);
          expect(snapshotScope({ every: "day", timeZone }, endMs - 1)).toBe(name);
        }
      }
    }
  });

  test("a range without end before its beginning, of too many parts or of no times is refused", () => {
    expect(() => partitionsOf({ from: "2026-01-02", to: "2026-01-02", by: "day" })).toThrow(/is empty/);
    expect(() => partitionsOf({ from: "2000", to: "2026", by: "hour" })).toThrow(
      /more than 100000 partitions by hour/,
    );
    expect(() => partitionsOf({ from: "soon", to: "2026", by: "day" })).toThrow(/from: "soon" is no time/);
  });
});
