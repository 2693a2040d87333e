import { describe, expect, test } from "vitest";
import { cron } from "./cron.ts";
import { every } from "./every.ts";
import type { Fire } from "./fire.ts";
import { missedFires } from "./missed-fires.ts";
import { nextFire, nextFires } from "./next-fire.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const due = (fires: readonly Fire[]): string[] =>
  fires.map(({ dueMs }) => new Date(dueMs).toISOString().slice(0, 16));

describe("nextFire", () => {
  test("intervals are counted from the anchor, both ways", () => {
    const schedule = every("6 hours", { anchor: "2026-06-01T01:30", timeZone: "Europe/Berlin" });
    expect(due(nextFires(schedule, START, 3))).toEqual([
      "2026-01-01T05:30",
      "2026-01-01T11:30",
      "2026-01-01T17:30",
    ]);
    expect(nextFire(every(7_000, { anchor: 3 }), -8_000)).toEqual({ dueMs: -6_997, startMs: -6_997 });
  });

  test("the next one comes after the time that is asked for, not at it", () => {
    expect(nextFire(every("1 minute"), START)?.dueMs).toBe(START + 60_000);
    expect(nextFire(every("1 minute"), START - 1)?.dueMs).toBe(START);
    expect(nextFire(cron("* * * * * *"), START)?.dueMs).toBe(START + 1_000);
    expect(nextFire(cron("* * * * * *"), START - 1)?.dueMs).toBe(START);
    expect(nextFire(cron("* * * * * *"), START + 0.5)?.dueMs).toBe(START + 1_000);
  });

  test("data that came from JSON fires as what was written", () => {
    const schedule = cron("*/7 * * * *", {
      timeZone: "Asia/Kathmandu",
      blackouts: [{ from: "@daily", length: "1h" }],
    });
    const copy = JSON.parse(JSON.stringify(schedule)) as typeof schedule;
    expect(nextFires(copy, START, 50)).toEqual(nextFires(schedule, START, 50));
  });

  test("jitter is the same for the same pipeline and time, and spreads over both", () => {
    const schedule = cron("0 * * * *", { jitter: "10 minutes" });
    const starts = (pipeline: string): number[] =>
      nextFires(schedule, START, 500, { pipeline }).map(({ dueMs, startMs }) => startMs - dueMs);
    const [a, b] = [starts("a"), starts("b")];
    expect(starts("a")).toEqual(a);
    expect(a).not.toEqual(b);
    for (const offsets of [a, b, Array.from({ length: 500 }, (_, index) => starts(`p${index}`)[0] ?? NaN)]) {
      expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...offsets)).toBeLessThanOrEqual(600_000);
      const tenths = Array.from(
        { length: 10 },
        (_, tenth) => offsets.filter((offset) => Math.min(9, Math.floor(offset / 60_000)) === tenth).length,
      );
      // 50 each; further away than this, one in ten thousand would be by chance.
      for (const count of tenths) expect(Math.abs(count - 50)).toBeLessThan(27);
    }
  });

  test("fires in a blackout are left out, and listed where that is asked for", () => {
    const schedule = cron("0 */6 * * *", { blackouts: [{ from: "0 5 * * *", length: "2 hours" }] });
    expect(due(nextFires(schedule, START, 4))).toEqual([
      "2026-01-01T12:00",
      "2026-01-01T18:00",
      "2026-01-02T00:00",
      "2026-01-02T12:00",
    ]);
    expect(nextFires(schedule, START, 2, { leftOut: true })).toEqual([
      { dueMs: START + 6 * HOUR, startMs: START + 6 * HOUR, leftOut: "blackout" },
      { dueMs: START + 12 * HOUR, startMs: START + 12 * HOUR },
    ]);
  });

  test("a blackout holds its first instant, not the one at which it ends", () => {
    const schedule = cron("0 * * * *", { blackouts: [{ from: "0 2 * * *", length: "1 hour" }] });
    expect(due(nextFires(schedule, START, 3))).toEqual([
      "2026-01-01T01:00",
      "2026-01-01T03:00",
      "2026-01-01T04:00",
    ]);
  });

  test("blackouts that touch and overlap are as one", () => {
    const schedule = every("1 s", {
      blackouts: [
        { from: "0 0 * * *", length: "8 hours" },
        { from: "0 7 * * *", length: "90 minutes" },
        { from: "30 8 * * *", length: "30 minutes" },
      ],
    });
    expect(nextFire(schedule, START)?.dueMs).toBe(START + 9 * HOUR);
  });

  test("two hours of blackout are two hours, also where clocks are set", () => {
    const schedule = cron("*/30 * * * *", {
      timeZone: "Europe/Berlin",
      blackouts: [{ from: "0 1 * * *", length: "2 hours" }],
    });
    const spring = Date.UTC(2026, 2, 29);
    expect(due(nextFires(schedule, spring - HOUR, 4))).toEqual([
      "2026-03-28T23:30",
      "2026-03-29T02:00",
      "2026-03-29T02:30",
      "2026-03-29T03:00",
    ]);
    const autumn = Date.UTC(2026, 9, 24, 23);
    expect(due(nextFires(schedule, autumn - 1, 2))).toEqual(["2026-10-25T01:00", "2026-10-25T01:30"]);
  });

  test("a blackout that begins at a time that is jumped over begins at the jump", () => {
    const schedule = cron("*/15 * * * *", {
      timeZone: "Europe/Berlin",
      blackouts: [{ from: "30 2 * * *", length: "1 hour" }],
    });
    expect(due(nextFires(schedule, Date.UTC(2026, 2, 29, 0, 40), 2))).toEqual([
      "2026-03-29T00:45",
      "2026-03-29T02:00",
    ]);
  });

  test("jitter carries no fire into a blackout", () => {
    const schedule = cron("59 * * * *", {
      jitter: "30 minutes",
      blackouts: [{ from: "0 * * * *", length: "20 minutes" }],
    });
    const fires = nextFires(schedule, START, 200, { pipeline: "p" });
    for (const { startMs } of fires) expect(startMs % HOUR).toBeGreaterThanOrEqual(59 * 60_000);
    expect(new Set(fires.map(({ startMs, dueMs }) => startMs - dueMs)).size).toBeGreaterThan(100);
  });
});

describe("missedFires", () => {
  test.each([
    ["none", []],
    ["latest", ["2026-01-01T05:00"]],
    [
      "all",
      ["2026-01-01T01:00", "2026-01-01T02:00", "2026-01-01T03:00", "2026-01-01T04:00", "2026-01-01T05:00"],
    ],
  ] as const)("%s makes up for what it says", (catchUp, expected) => {
    const now = START + 5.5 * HOUR;
    expect(due(missedFires(every("1 hour", { catchUp }), START, now))).toEqual(expected);
    expect(due(missedFires(cron("0 * * * *", { catchUp }), START, now))).toEqual(expected);
  });

  test("the newest are kept, within the limit and the age", () => {
    const limited = every("1 hour", { catchUp: { policy: "all", limit: 2 } });
    expect(due(missedFires(limited, START, START + DAY))).toEqual(["2026-01-01T23:00", "2026-01-02T00:00"]);
    const young = cron("0 * * * *", { catchUp: { policy: "all", maxAge: "2 hours" } });
    expect(due(missedFires(young, START, START + DAY))).toEqual([
      "2026-01-01T22:00",
      "2026-01-01T23:00",
      "2026-01-02T00:00",
    ]);
    const latest = cron("0 0 1 1 *", { catchUp: { maxAge: "1 day" } });
    expect(missedFires(latest, START - 400 * DAY, START + 2 * DAY)).toEqual([]);
  });

  test("fires in a blackout are not made up for", () => {
    const schedule = cron("0 * * * *", {
      catchUp: "all",
      blackouts: [{ from: "30 1 * * *", length: "3 hours" }],
    });
    expect(due(missedFires(schedule, START, START + 6 * HOUR))).toEqual([
      "2026-01-01T01:00",
      "2026-01-01T05:00",
      "2026-01-01T06:00",
    ]);
    const latest = { ...schedule, catchUp: { ...schedule.catchUp, policy: "latest" as const } };
    expect(due(missedFires(latest, START, START + 4 * HOUR))).toEqual(["2026-01-01T01:00"]);
  });

  test("a fire whose jitter has not run out is not missed", () => {
    const schedule = every("1 hour", { jitter: "1 hour" });
    const fire = nextFire(schedule, START, "p");
    if (fire === undefined) throw new Error("an interval always fires");
    expect(missedFires(schedule, START, fire.startMs - 1, { pipeline: "p" })).toEqual([]);
    expect(missedFires(schedule, START, fire.startMs, { pipeline: "p" })).toEqual([fire]);
  });

  test("it agrees with a count of all fires, in zones and across changes of the clock", () => {
    for (const timeZone of ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"]) {
      for (const expression of [
        "*/20 * * * *",
        "30 0,2 * * *",
        "0 12 * * 1",
        "0 0 1 * *",
        "*/10 * 2 * * *",
      ]) {
        const catchUp = { policy: "all", limit: 40, maxAge: "120 days" } as const;
        const schedule = cron(expression, { timeZone, catchUp });
        for (const now of [
          Date.UTC(2026, 3, 5, 12, 10),
          Date.UTC(2026, 9, 25, 2, 30),
          Date.UTC(2026, 10, 1, 6),
        ]) {
          const after = now - 100 * DAY;
          const all: Fire[] = [];
          for (let fire = nextFire(schedule, after); fire !== undefined && fire.dueMs <= now;) {
            all.push(fire);
            fire = nextFire(schedule, fire.dueMs);
          }
          expect(missedFires(schedule, after, now), `${expression} in ${timeZone}`).toEqual(all.slice(-40));
        }
      }
    }
  });

  test("a year without anybody takes no longer than a day", () => {
    const now = START + 0.5;
    for (const schedule of [
      every("1 s", { catchUp: { policy: "all", maxAge: 3_600 * DAY } }),
      cron("* * * * * *", { timeZone: "Europe/Berlin", catchUp: { policy: "all", maxAge: 3_600 * DAY } }),
      cron("* * * 1 3 *", { timeZone: "Europe/Berlin", catchUp: { policy: "all", maxAge: 3_600 * DAY } }),
    ]) {
      // One by one, the first of them would be 315 million.
      expect(missedFires(schedule, START - 3_650 * DAY, now)).toHaveLength(100);
    }
  });
});
