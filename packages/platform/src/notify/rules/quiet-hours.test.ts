import { expect, test } from "vitest";
import { firstLoudTime } from "./quiet-hours.ts";

const night = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin", except: "critical" as const };
const noon = { from: "12:00", to: "13:00", timeZone: "UTC", except: "error" as const };

test.each([
  ["before they begin", night, "2026-07-01T19:59:59Z", "2026-07-01T19:59:59Z"],
  ["when they begin", night, "2026-07-01T20:00:00Z", "2026-07-02T05:00:00Z"],
  ["after midnight", night, "2026-07-02T01:30:00Z", "2026-07-02T05:00:00Z"],
  ["when they end", night, "2026-07-02T05:00:00Z", "2026-07-02T05:00:00Z"],
  ["in winter", night, "2026-01-01T22:00:00Z", "2026-01-02T06:00:00Z"],
  // On 29 March 2026 clocks in Berlin go from 2:00 to 3:00, on 25 October from 3:00 to 2:00.
  ["in the night that is shorter", night, "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"],
  ["in the night that is longer", night, "2026-10-24T22:00:00Z", "2026-10-25T06:00:00Z"],
  [
    "at an end that the clocks leave out",
    { ...night, to: "02:30" },
    "2026-03-28T23:00:00Z",
    "2026-03-29T01:00:00Z",
  ],
  ["within a day", noon, "2026-01-01T12:30:00Z", "2026-01-01T13:00:00Z"],
  ["outside of a day's", noon, "2026-01-01T11:59:00Z", "2026-01-01T11:59:00Z"],
])("%s a warning waits until then", (_when, quiet, at, loud) => {
  expect(new Date(firstLoudTime(quiet, Date.parse(at), "warning")).toISOString()).toBe(
    loud.replace("Z", ".000Z"),
  );
});

test("what is excepted does not wait", () => {
  const at = Date.parse("2026-01-01T12:30:00Z");
  expect(firstLoudTime(noon, at, "error")).toBe(at);
  expect(firstLoudTime(noon, at, "critical")).toBe(at);
  expect(firstLoudTime(undefined, at, "info")).toBe(at);
});
