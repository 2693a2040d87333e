import { describe, expect, it } from "vitest";
import { linearScale } from "./linear-scale.ts";
import { niceTicks } from "./nice-ticks.ts";
import { timeTicks } from "./time-ticks.ts";

const HOUR = 3_600_000;

describe("a linear scale", () => {
  it("maps the domain's ends to the range's ends", () => {
    const scale = linearScale([10, 20], [100, 0]);
    expect([scale(10), scale(15), scale(20)]).toEqual([100, 50, 0]);
  });

  it("puts everything in the middle where all values are the same", () => {
    expect(linearScale([7, 7], [0, 40])(7)).toBe(20);
  });

  it("never gives a place that is no number", () => {
    expect(linearScale([0, 1], [5, 10])(Number.NaN)).toBe(5);
    expect(linearScale([0, Number.POSITIVE_INFINITY], [0, 10])(3)).toBe(5);
  });
});

describe("ticks of values", () => {
  it("are round and lie within the range", () => {
    expect(niceTicks(0, 97)).toEqual([0, 50]);
    expect(niceTicks(0, 100)).toEqual([0, 50, 100]);
    expect(niceTicks(0.1, 0.42)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(niceTicks(-3, 3)).toEqual([-2, 0, 2]);
  });

  it("are the value itself where there is but one", () => {
    expect(niceTicks(5, 5)).toEqual([5]);
    expect(niceTicks(Number.NaN, 5)).toEqual([]);
  });
});

describe("ticks of time", () => {
  it("stand at full hours for half a day", () => {
    const from = Date.parse("2026-03-01T01:20:00Z");
    const hours = timeTicks(from, from + 12 * HOUR).map((at) => new Date(at).toISOString().slice(11, 16));
    expect(hours).toEqual(["02:00", "04:00", "06:00", "08:00", "10:00", "12:00"]);
  });

  it("follow the reader's zone, also one that is off by half an hour", () => {
    const from = Date.parse("2026-03-01T00:00:00Z");
    const [first] = timeTicks(from, from + 24 * HOUR, { offsetMinutes: -330, count: 4 });
    expect(new Date((first ?? 0) + 330 * 60_000).toISOString()).toBe("2026-03-01T06:00:00.000Z");
  });

  it("are few over years, and none over nothing", () => {
    const from = Date.parse("2020-01-01T00:00:00Z");
    expect(timeTicks(from, from + 3_000 * 24 * HOUR).length).toBeLessThanOrEqual(7);
    expect(timeTicks(from, from)).toEqual([]);
  });
});
