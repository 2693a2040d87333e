import { MillraceError, type Schedule } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { cron } from "./cron.ts";
import { every } from "./every.ts";

const DAY = 86_400_000;

function refusal(define: () => Schedule): MillraceError {
  try {
    define();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

function deepFrozen(value: unknown): boolean {
  return (
    typeof value !== "object" ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(deepFrozen))
  );
}

describe("every and cron", () => {
  test("make frozen data that JSON keeps", () => {
    const schedule = cron(" 0  3 * * MON-fri ", {
      timeZone: "Europe/Berlin",
      jitter: "30 seconds",
      catchUp: { policy: "all", maxAge: "1 day" },
      blackouts: [{ from: "0 0 24 12 *", length: "3 days" }],
    });
    expect(schedule).toEqual({
      kind: "cron",
      expression: "0 3 * * MON-fri",
      timeZone: "Europe/Berlin",
      jitterMs: 30_000,
      catchUp: { policy: "all", limit: 100, maxAgeMs: DAY },
      blackouts: [{ from: "0 0 24 12 *", lengthMs: 3 * DAY }],
    });
    expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule);
    expect(deepFrozen(schedule)).toBe(true);
  });

  test("have defaults", () => {
    expect(every("5 minutes")).toEqual({
      kind: "interval",
      everyMs: 300_000,
      anchorMs: 0,
      timeZone: "UTC",
      jitterMs: 0,
      catchUp: { policy: "latest", limit: 100, maxAgeMs: 7 * DAY },
      blackouts: [],
    });
    expect(every("1 day", { catchUp: "none" }).catchUp).toEqual({
      policy: "none",
      limit: 100,
      maxAgeMs: 7 * DAY,
    });
    expect(every("1 day", { catchUp: { limit: 5 } }).catchUp).toEqual({
      policy: "latest",
      limit: 5,
      maxAgeMs: 7 * DAY,
    });
  });

  test.each([
    ["30s", 30_000],
    ["5 minutes", 300_000],
    ["1 hour 30 minutes", 5_400_000],
    ["1h30m", 5_400_000],
    ["1.5 hours", 5_400_000],
    ["minute", 60_000],
    ["Day", DAY],
    ["2 weeks", 14 * DAY],
    ["250 ms", 250],
    [1_500, 1_500],
  ])("%s is an interval", (text, everyMs) => {
    expect(every(text)).toMatchObject({ everyMs });
  });

  test("an anchor is meant in the time zone unless it has an offset", () => {
    const anchor = (value: string | number | Date): number =>
      (
        every("1 day", { timeZone: "Europe/Berlin", anchor: value }) as Extract<
          Schedule,
          { kind: "interval" }
        >
      ).anchorMs;
    expect(anchor("2026-07-01T06:00")).toBe(Date.UTC(2026, 6, 1, 4));
    expect(anchor("2026-07-01")).toBe(Date.UTC(2026, 5, 30, 22));
    expect(anchor("2026-07-01T06:00Z")).toBe(Date.UTC(2026, 6, 1, 6));
    expect(anchor("2026-07-01 06:00:01.5-0530")).toBe(Date.UTC(2026, 6, 1, 11, 30, 1, 500));
    expect(anchor(new Date(5))).toBe(5);
    expect(anchor(-7)).toBe(-7);
  });
});

const REFUSED: readonly (readonly [define: () => Schedule, message: RegExp, hint: RegExp])[] = [
  [() => cron("61 * * * *"), /^cron\("61 \* \* \* \*"\): "61" is not possible for the minutes/, /0 to 59/],
  [() => cron("0 24 * * *"), /"24" is not possible for the hours/, /0 to 23/],
  [() => cron("0 0 32 * *"), /"32" is not possible for the day of the month/, /1 to 31/],
  [() => cron("0 0 * 13 *"), /"13" is not possible for the month/, /JAN to DEC/],
  [() => cron("0 0 * * FOO"), /"FOO" is not possible for the day of the week/, /MON-FRI/],
  [() => cron("60 0 0 * * *"), /"60" is not possible for the seconds/, /0 to 59/],
  [() => cron("*/0 * * * *"), /"\*\/0" is not possible for the minutes/, /0 to 59/],
  [() => cron("5/15 * * * *"), /"5\/15" is not possible/, /write 5-59\/15/],
  [() => cron("0 22-2 * * *"), /"22-2" is not possible/, /write 22-23,0-2/],
  [() => cron("0 0 0 1 1 * 2026"), /has 7 fields, not 5 or 6/, /0 3 \* \* \*/],
  [() => cron("* * *"), /has 3 fields, not 5 or 6/, /minute, hour/],
  [() => cron(""), /is empty/, /minute, hour/],
  [() => cron("every day"), /has 2 fields/, /minute, hour/],
  [() => cron(5 as never), /5 is no cron expression/, /text/],
  [() => cron("@dayly"), /there is no "@dayly"/, /Did you mean "@daily"/],
  [() => cron("@reboot"), /there is no "@reboot"/, /at times, not at events/],
  [() => cron("0 0 31 2 *"), /never fires: there is no such date/, /L is the last day/],
  [() => cron("0 0 31 4,6,9,11 *"), /never fires/, /30th or 31st/],
  [
    () => cron("@daily", { timeZone: "Europe/Berln" }),
    /no time zone "Europe\/Berln"; did you mean "Europe\/Berlin"/,
    /^$/,
  ],
  [() => cron("@daily", { jiter: 1 } as never), /has no option "jiter"/, /Did you mean "jitter"/],
  [() => cron("@daily", { jitter: "a bit" }), /option "jitter": must be milliseconds, or a duration/, /^$/],
  [() => cron("@daily", { jitter: -1 }), /option "jitter": must be from 0/, /^$/],
  [() => cron("*/5 * * * *", { jitter: "6 minutes" }), /longer than the 5 minutes/, /overtake/],
  [() => cron("@daily", { catchUp: "last" as never }), /there is no "last"/, /"latest"/],
  [() => cron("@daily", { catchUp: { maxAge: 0 } }), /option "catchUp.maxAge": must be from 1 second/, /^$/],
  [
    () => cron("0 3 * * *", { blackouts: [{ from: "0 2 * *", length: "1 hour" }] }),
    /^cron\("0 3 \* \* \*"\): blackouts: "0 2 \* \*" has 4 fields/,
    /minute, hour/,
  ],
  [
    () => cron("0 3 * * *", { blackouts: [{ from: "@daily", length: 0 }] }),
    /blackouts.0.length.*longer than 0/,
    /^$/,
  ],
  [
    () => cron("0 3 * * *", { blackouts: [{ from: "0 2 * * *", length: "2 hours" }] }),
    /blackouts cover all/,
    /shorter/,
  ],
  [
    () => every("1 hour", { blackouts: [{ from: "@daily", length: "1 day" }] }),
    /blackouts cover all/,
    /shorter/,
  ],
  [
    () => every("1 s", { blackouts: [{ from: "* * * * *", length: "1 minute" }] }),
    /blackouts cover all/,
    /shorter/,
  ],
  [() => every(0), /^every\(0\): an interval must be from 100 milliseconds/, /does not end/],
  [() => every("0 minutes"), /an interval must be from 100 milliseconds/, /does not end/],
  [() => every("400 days"), /to 366 days/, /@yearly/],
  [() => every("soon"), /^every\("soon"\) is no interval/, /5 minutes/],
  [() => every("5 months"), /is no interval/, /@monthly/],
  [() => every("*/5 * * * *"), /is no interval/, /cron\("\*\/5 \* \* \* \*"\)/],
  [() => every(NaN), /is no interval/, /milliseconds/],
  [() => every(undefined as never), /is no interval/, /milliseconds/],
  [() => every("5 minutes", { jitter: "10 minutes" }), /longer than the 5 minutes/, /overtake/],
  [() => every("1 day", { anchor: "2026-02-30" }), /anchor: "2026-02-30" is no time/, /2026-11-22/],
];

test.each(REFUSED.map(([define, message, hint]) => [message, hint, define] as const))(
  "a definition is refused with %s",
  (message, hint, define) => {
    const error = refusal(define);
    expect(error.message).toMatch(message);
    expect(error.hint ?? "").toMatch(hint);
    expect(["MLR_ARGUMENT_INVALID", "MLR_OPTION_UNKNOWN"]).toContain(error.code);
  },
);
