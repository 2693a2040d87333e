import { expect, it } from "vitest";
import { parseOptions } from "../options.ts";
import { tableOptions } from "../table-options.ts";
import { snapshotDefinition, snapshotOptions } from "./snapshot-options.ts";

const parse = (snapshot: unknown): unknown => parseOptions(tableOptions, { snapshot }, "table");

it("a period alone is one in UTC, and everything stays", () => {
  expect(snapshotDefinition(undefined)).toEqual({ every: "day", timeZone: "UTC" });
  expect(snapshotDefinition("week")).toEqual({ every: "week", timeZone: "UTC" });
  expect(snapshotDefinition(snapshotOptions.parse({ timeZone: "Asia/Tokyo" }))).toEqual({
    every: "day",
    timeZone: "Asia/Tokyo",
  });
});

it("retention holds the counts that were given", () => {
  const given = { every: "hour", retention: { hours: 48, days: 30 } } as const;
  expect(snapshotDefinition(snapshotOptions.parse(given))).toEqual({ ...given, timeZone: "UTC" });
});

it.each([
  ["hourly", 'option "snapshot": there is no "hourly"', 'Did you mean "hour"?'],
  [{ every: "weekly" }, 'option "snapshot.every": there is no "weekly"', 'Did you mean "week"?'],
  [
    { timeZone: "Europe/Berln" },
    'option "snapshot.timeZone": there is no time zone "Europe/Berln"; did you mean "Europe/Berlin"?',
    undefined,
  ],
  [{ timezone: "UTC" }, 'has no option "snapshot.timezone"', 'Did you mean "timeZone"?'],
  [{ retention: {} }, "must say how many snapshots stay", undefined],
  [{ retention: { day: 3 } }, 'has no option "snapshot.retention.day"', 'Did you mean "days"?'],
  [{ retention: { days: 0 } }, 'option "snapshot.retention.days"', undefined],
  [
    { every: "week", retention: { days: 3 } },
    'option "snapshot.retention.days": there is one snapshot per week, so none are kept by days',
    undefined,
  ],
])("refuses %j", (given, message, hint) => {
  expect(() => parse(given)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(message),
      ...(hint === undefined ? {} : { hint }),
    }),
  );
});
