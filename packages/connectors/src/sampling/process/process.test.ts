import { expect, test } from "vitest";
import type { Quality, SampleBatch, SampleValue, Variable } from "../../shared/sampling/index.ts";
import { alarmOptions } from "./alarm-options.ts";
import { Alarms } from "./alarms.ts";
import { ExceptionReport, exceptionOptions } from "./exception-report.ts";
import { windowOptions } from "./window-options.ts";
import { Windows } from "./windows.ts";

const variable: Variable = {
  id: 1,
  name: "temperature",
  address: "a",
  type: "any",
  reader: "r",
  unit: "°C",
  tags: [],
};

function at(time: number, value: SampleValue, quality: Quality = "good"): SampleBatch {
  const code = quality === "good" ? undefined : "why";
  const sample = { variable, value, quality, code, sourceTime: undefined, readTime: time };
  return { context: { id: 1, name: "c" }, reader: "r", time, samples: [sample] };
}

test("an alarm begins at its limit and is over only behind the hysteresis", () => {
  const alarms = new Alarms([
    alarmOptions.parse({ variable: "temperature", high: 80, highHigh: 90, hysteresis: 2 }),
  ]);
  const course = [79, 80, 81, 79, 78.5, 77.9, 90, 88.5, 87, 70].map((value, index) => {
    const [event] = alarms.look(at(index, value));
    return event === undefined ? "" : `${event.level ?? "over"} ${event.severity}`;
  });
  expect(course).toEqual([
    "",
    "high warning",
    "",
    "",
    "",
    "over warning",
    "highHigh critical",
    "",
    "high warning",
    "over warning",
  ]);
  expect(alarms.active).toBe(0);
});

test("an alarm waits for its delay, and what has no value neither ends nor begins it", () => {
  const alarms = new Alarms([alarmOptions.parse({ variable: 1, low: 10, delayMs: 100 })]);
  const told = (time: number, value: SampleValue, quality?: Quality): string | undefined =>
    alarms.look(at(time, value, quality))[0]?.message;
  expect(told(0, 5)).toBeUndefined();
  expect(told(50, 11)).toBeUndefined();
  expect(told(100, 5)).toBeUndefined();
  expect(told(200, 5)).toBe("temperature is at or below 10 °C: 5 °C");
  expect(told(300, null, "bad")).toBeUndefined();
  expect(told(400, 12)).toBe("temperature is well again: 12 °C");
});

test("bad quality is an alarm where that is wanted", () => {
  const alarms = new Alarms([alarmOptions.parse({ variable: 1, bad: true })]);
  expect(alarms.look(at(0, null, "bad"))).toMatchObject([
    { level: "bad", message: "temperature cannot be read: no value (why)" },
  ]);
  expect(alarms.look(at(1, 3))).toMatchObject([{ level: undefined }]);
});

test("only changes beyond the deadband are reported, and qualities, and what is due", () => {
  const report = new ExceptionReport(exceptionOptions.parse({ deadband: "10%", atLeastEveryMs: 1_000 }));
  const reported = (time: number, value: SampleValue, quality?: Quality): boolean =>
    report.apply(at(time, value, quality)) !== undefined;
  expect(reported(0, 100)).toBe(true);
  expect(reported(100, 110)).toBe(false);
  expect(reported(200, 110.5)).toBe(true);
  expect(reported(300, null, "bad")).toBe(true);
  expect(reported(400, null, "bad")).toBe(false);
  expect(reported(1_300, null, "bad")).toBe(true);
});

test("windows have the figures of their samples, each weighted by how long it lasted", () => {
  const windows = new Windows(windowOptions.parse({ windowMs: 1_000, graceMs: 100 }));
  for (const [time, value] of [
    [0, 10],
    [250, 20],
    [750, 0],
  ] as const)
    expect(windows.add(at(time, value))).toEqual([]);
  expect(windows.add(at(900, null, "bad"))).toEqual([]);
  expect(windows.close(1_050)).toEqual([]);
  expect(windows.close(1_100)).toMatchObject([
    {
      time: 0,
      windowMs: 1_000,
      count: 3,
      bad: 1,
      min: 0,
      max: 20,
      mean: 10,
      last: 0,
      timeWeightedMean: (10 * 250 + 20 * 500) / 900,
    },
  ]);
  windows.add(at(1_500, 4));
  expect(windows.add(at(2_000, 6))).toMatchObject([{ time: 1_000, count: 1, timeWeightedMean: 4 }]);
  // The value that a window begins with is the one that the last window ended with.
  windows.add(at(2_500, 8));
  expect(windows.add(at(3_000, 1))).toMatchObject([{ time: 2_000, timeWeightedMean: 7 }]);
  windows.add(at(2_999, 1));
  expect(windows.late).toBe(1);
});
