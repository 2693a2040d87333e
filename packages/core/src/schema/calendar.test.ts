import { describe, expect, it } from "vitest";
import {
  civilOf,
  DAY_MICROS,
  dayOfMicros,
  daysOf,
  formatDate,
  formatTimestamp,
  formatTimestamptz,
  MAX_DAYS,
  MIN_DAYS,
  timeOfMicros,
} from "./calendar.ts";

describe("the calendar", () => {
  it("agrees with Date on every day of the years 1 to 9999", () => {
    const date = new Date(0);
    for (let days = MIN_DAYS; days <= MAX_DAYS; days += days % 97 === 0 ? 1 : 13) {
      date.setTime(days * 86_400_000);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      if (daysOf(year, month, day) !== days || civilOf(days) !== year * 10_000 + month * 100 + day) {
        expect.fail(`${formatDate(days)} is ${date.toISOString()}`);
      }
    }
    expect(formatDate(MIN_DAYS)).toBe("0001-01-01");
    expect(formatDate(MAX_DAYS)).toBe("9999-12-31");
  });

  it.each([
    [2026, 2, 29],
    [1900, 2, 29],
    [2026, 4, 31],
    [2026, 13, 1],
    [2026, 0, 1],
    [2026, 1, 0],
    [0, 1, 1],
    [10_000, 1, 1],
  ])("has no day %i-%i-%i", (year, month, day) => {
    expect(daysOf(year, month, day)).toBeNaN();
  });

  it("has the leap days of 2000 and 2024", () => {
    expect(formatDate(daysOf(2000, 2, 29))).toBe("2000-02-29");
    expect(formatDate(daysOf(2024, 2, 29))).toBe("2024-02-29");
  });

  it("takes instants before 1970 and beyond safe integers apart", () => {
    expect(dayOfMicros(-1)).toBe(-1);
    expect(timeOfMicros(-1, -1)).toBe(DAY_MICROS - 1);
    expect(dayOfMicros(253_402_300_799_999_999n)).toBe(MAX_DAYS);
    expect(formatTimestamp(-1)).toBe("1969-12-31T23:59:59.999999");
    expect(formatTimestamp(-62_135_596_800_000_000n)).toBe("0001-01-01");
    expect(formatTimestamptz(0)).toBe("1970-01-01T00:00:00Z");
  });
});
