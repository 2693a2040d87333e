import { memorySource } from "@millrace/core/testing";
import type { Pipeline } from "@millrace/core";
import { cron, every } from "@millrace/orchestrator/schedule";
import { expect, test } from "vitest";
import { crontabPlan } from "./crontab.ts";

const PLACE = { base: "/srv/shop", app: "shop", timeZone: "Etc/UTC" };

function pipeline(name: string, extra: Partial<Pipeline> = {}): Pipeline {
  return { name, source: memorySource([]), destination: { kind: "memory" }, ...extra } as Pipeline;
}

/** The times of the line that a schedule becomes. */
function timesOf(schedule: NonNullable<Pipeline["schedule"]>): string {
  const [line = ""] = crontabPlan([pipeline("a", { schedule })], PLACE).lines;
  return line.slice(0, line.indexOf(" {"));
}

test("intervals that divide an hour are fields of cron", () => {
  expect(timesOf(every("1 minute"))).toBe("* * * * *");
  expect(timesOf(every("15 minutes"))).toBe("*/15 * * * *");
  expect(timesOf(every("1 hour"))).toBe("0 * * * *");
});

test("other intervals are looked at as often as it takes, and counted from the same time as the scheduler counts", () => {
  expect(timesOf(every("7 minutes"))).toBe("* * * * * [ $(( ( $(date +\\%s) / 60 - 0 ) \\% 7 )) -eq 0 ] &&");
  expect(timesOf(every("6 hours"))).toBe("0 * * * * [ $(( ( $(date +\\%s) / 60 - 0 ) \\% 360 )) -eq 0 ] &&");
  expect(timesOf(every("1 day"))).toBe("0 * * * * [ $(( ( $(date +\\%s) / 60 - 0 ) \\% 1440 )) -eq 0 ] &&");
});

test("cron expressions stay, names are written out, seconds are told to be lost", () => {
  expect(timesOf(cron("30 2 * * 1-5"))).toBe("30 2 * * 1-5");
  expect(timesOf(cron("@daily"))).toBe("0 0 * * *");
  const { lines, warnings } = crontabPlan([pipeline("a", { schedule: cron("10 30 2 * * *") })], PLACE);
  expect(lines[0]).toMatch(/^30 2 \* \* \* \{/);
  expect(warnings).toEqual(['"a": cron knows no seconds, "10 30 2 * * *" runs at the full minute.']);
});

test("less than a minute becomes a minute, and is told", () => {
  const { lines, warnings } = crontabPlan([pipeline("a", { schedule: every("1 second") })], PLACE);
  expect(lines[0]).toMatch(/^\* \* \* \* \* \{/);
  expect(warnings).toEqual(['"a": cron knows whole minutes only, it runs every minute.']);
});

test("another time zone than the machine's is refused, another name of it is not", () => {
  const schedule = cron("0 6 * * *", { timeZone: "Europe/Berlin" });
  expect(() => crontabPlan([pipeline("a", { schedule })], PLACE)).toThrow(
    expect.objectContaining({ code: "MLR_DEPLOY_FAILED", message: expect.stringContaining("Europe/Berlin") }),
  );
  expect(
    crontabPlan([pipeline("a", { schedule })], { ...PLACE, timeZone: "Europe/Berlin" }).lines,
  ).toHaveLength(1);
  expect(
    crontabPlan([pipeline("a", { schedule: cron("0 6 * * *") })], { ...PLACE, timeZone: "UTC" }).lines,
  ).toHaveLength(1);
});

test("those that come after a pipeline run in its line, those without a schedule or disabled in none", () => {
  const { lines } = crontabPlan(
    [
      pipeline("a", { schedule: every("1 hour") }),
      pipeline("b", { parents: ["a"] }),
      pipeline("c", { parents: ["b"] }),
      pipeline("by hand"),
      pipeline("off", { schedule: every("1 hour"), enabled: false }),
    ],
    PLACE,
  );
  expect(lines).toEqual([
    "0 * * * * { /srv/shop/bin/millrace run a && /srv/shop/bin/millrace run b && /srv/shop/bin/millrace run c; } >>/srv/shop/logs/cron.log 2>&1 # millrace shop a",
  ]);
});

test("names and folders with blanks and per cent signs stay one word", () => {
  const { lines } = crontabPlan([pipeline("50% off", { schedule: every("1 hour") })], {
    ...PLACE,
    base: "/srv/my shop",
  });
  expect(lines[0]).toContain(`'/srv/my shop/bin/millrace' run '50\\% off'`);
  expect(lines[0]).toContain(`>>'/srv/my shop/logs/cron.log'`);
});

test("what never ends is told to need systemd", () => {
  const source = { ...memorySource([]), endless: true };
  const { lines, warnings } = crontabPlan([pipeline("live", { source })], PLACE);
  expect(lines).toEqual([]);
  expect(warnings).toEqual(['"live" never ends, and cron does not keep it running: use systemd.']);
});
