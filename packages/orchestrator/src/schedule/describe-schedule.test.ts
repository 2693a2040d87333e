import { expect, test } from "vitest";
import { cron } from "./cron.ts";
import { describeCron } from "./describe-cron.ts";
import { describeSchedule } from "./describe-schedule.ts";
import { every } from "./every.ts";

test.each([
  ["0 3 * * *", "at 03:00 every day"],
  ["30 2,14 * * *", "at 02:30 and 14:30 every day"],
  ["0 6-8 * * *", "at 06:00, 07:00 and 08:00 every day"],
  ["15 30 4 * * *", "at 04:30:15 every day"],
  ["@daily", "at 00:00 every day"],
  ["@hourly", "every hour"],
  ["@weekly", "at 00:00 on Sunday"],
  ["@yearly", "at 00:00 on the 1st of January"],
  ["* * * * *", "every minute"],
  ["*/5 * * * *", "every 5 minutes"],
  ["*/7 * * * *", "every 7 minutes of an hour"],
  ["*/10 * * * * *", "every 10 seconds"],
  ["* * * * * *", "every second"],
  ["0 */2 * * *", "every 2 hours"],
  ["0 */5 * * *", "at minute 0 of every 5th hour from 00:00"],
  ["15 */2 * * *", "at minute 15 of every 2nd hour from 00:00"],
  ["15,45 * * * *", "at minutes 15 and 45 of every hour"],
  ["*/10 8-18 * * MON-FRI", "every 10 minutes from 08:00 to 18:59 from Monday to Friday"],
  ["*/15 2 * * *", "every 15 minutes from 02:00 to 02:59"],
  ["0 8-18 * * *", "every hour from 08:00 to 18:00"],
  ["30 8-18 * * *", "at minute 30 of every hour from 08:00 to 18:59"],
  ["0 9 * * FRI#2", "at 09:00 on the second Friday of the month"],
  ["0 9 * * fri#L", "at 09:00 on the last Friday of the month"],
  ["0 9 * * 1,4", "at 09:00 on Monday and Thursday"],
  ["0 9 1,15 * *", "at 09:00 on the 1st and 15th of every month"],
  ["0 9 L * *", "at 09:00 on the last day of every month"],
  ["0 9 15W * *", "at 09:00 on the weekday nearest the 15th of every month"],
  ["0 9 LW JUN-AUG *", "at 09:00 on the last weekday of June to August"],
  ["0 9 13 * FRI", "at 09:00 on the 13th of every month or on Friday"],
  ["0 9 13 * +FRI", "at 09:00 on the 13th of every month if on Friday"],
  ["0 9 * JAN,jul *", "at 09:00 in January and July"],
  ["0 9 */2 * *", "at 09:00 on days */2 of every month"],
  ["0-30/7 1,5-7 * * *", "at minutes 0-30/7, hours 1,5-7 every day"],
  ["1 */2 3 * * *", "at seconds 1, minutes */2, hours 3 every day"],
])("%s is %s", (expression, text) => {
  cron(expression);
  expect(describeCron(expression)).toBe(text);
});

test("a schedule is told with its zone, jitter and blackouts", () => {
  expect(describeSchedule(cron("0 3 * * *", { timeZone: "Europe/Berlin" }))).toBe(
    "at 03:00 every day, Europe/Berlin",
  );
  expect(describeSchedule(every("5 minutes"))).toBe("every 5 minutes");
  expect(describeSchedule(every("day"))).toBe("every day");
  expect(describeSchedule(every(90_000, { jitter: "30 s" }))).toBe(
    "every 1 minute 30 seconds, up to 30 seconds later",
  );
  expect(describeSchedule(every("6 hours", { anchor: "2026-01-01T01:30Z" }))).toBe(
    "every 6 hours, counted from 2026-01-01T01:30Z",
  );
  expect(
    describeSchedule(
      every("5 minutes", {
        timeZone: "Asia/Kathmandu",
        blackouts: [{ from: "0 22 * * *", length: "2 hours" }],
      }),
    ),
  ).toBe("every 5 minutes, not for 2 hours from 22:00 every day, Asia/Kathmandu");
});
