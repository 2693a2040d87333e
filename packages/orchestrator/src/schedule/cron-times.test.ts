import { seededRandom } from "@millrace/core/testing";
import { Cron } from "croner";
import { expect, test } from "vitest";
import { clockChanges, expectedFires, look } from "../../test/wall-clock.ts";
import { nextCronTime } from "./cron-times.ts";

const DAY = 86_400_000;

function firesIn(expression: string, timeZone: string, from: number, to: number): number[] {
  const fires: number[] = [];
  for (let at = nextCronTime(expression, timeZone, from - 1); at !== undefined && at < to;) {
    fires.push(at);
    at = nextCronTime(expression, timeZone, at);
  }
  return fires;
}

const iso = (times: readonly number[]): string[] =>
  times.map((ms) => new Date(ms).toISOString().replace(":00.000Z", "Z"));

const BERLIN = "Europe/Berlin";
const spring = [Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 2, 29, 12)] as const;
const autumn = [Date.UTC(2026, 9, 24, 12), Date.UTC(2026, 9, 25, 12)] as const;

test("a fixed time that clocks jump over fires at the jump", () => {
  expect(iso(firesIn("30 2 * * *", BERLIN, ...spring))).toEqual(["2026-03-29T01:00Z"]);
  expect(iso(firesIn("0,15,30 2 * * *", BERLIN, ...spring))).toEqual(["2026-03-29T01:00Z"]);
  expect(iso(firesIn("30 1-3 * * *", BERLIN, ...spring))).toEqual([
    "2026-03-29T00:30Z",
    "2026-03-29T01:00Z",
    "2026-03-29T01:30Z",
  ]);
});

test("a fixed time that clocks show twice fires the first time", () => {
  expect(iso(firesIn("30 2 * * *", BERLIN, ...autumn))).toEqual(["2026-10-25T00:30Z"]);
  expect(iso(firesIn("0 2,3 * * *", BERLIN, ...autumn))).toEqual(["2026-10-25T00:00Z", "2026-10-25T02:00Z"]);
});

test("wildcards follow the clock: both passes in autumn, nothing that is jumped over in spring", () => {
  expect(iso(firesIn("*/30 2 * * *", BERLIN, ...autumn))).toEqual([
    "2026-10-25T00:00Z",
    "2026-10-25T00:30Z",
    "2026-10-25T01:00Z",
    "2026-10-25T01:30Z",
  ]);
  expect(firesIn("*/30 2 * * *", BERLIN, ...spring)).toEqual([]);
  expect(firesIn("*/5 * * * *", BERLIN, ...spring)).toHaveLength(288);
  expect(firesIn("*/5 * * * *", BERLIN, ...autumn)).toHaveLength(288);
});

test("midnight that does not exist is the jump, and one that comes twice is the first", () => {
  const beirut = Date.UTC(2026, 2, 28);
  expect(iso(firesIn("0 0 * * *", "Asia/Beirut", beirut, beirut + 2 * DAY))).toEqual([
    "2026-03-28T22:00Z",
    "2026-03-29T21:00Z",
  ]);
  const havana = Date.UTC(2026, 10, 1);
  expect(iso(firesIn("0 0 * * *", "America/Havana", havana, havana + 2 * DAY))).toEqual([
    "2026-11-01T04:00Z",
    "2026-11-02T05:00Z",
  ]);
});

test("half an hour is set on Lord Howe, and Kathmandu is 5:45 ahead", () => {
  const october = Date.UTC(2026, 9, 3, 12);
  expect(iso(firesIn("15 2 * * *", "Australia/Lord_Howe", october, october + DAY))).toEqual([
    "2026-10-03T15:30Z",
  ]);
  const april = Date.UTC(2026, 3, 4, 12);
  expect(iso(firesIn("45 1 * * *", "Australia/Lord_Howe", april, april + DAY))).toEqual([
    "2026-04-04T14:45Z",
  ]);
  expect(iso(firesIn("0 6 * * *", "Asia/Kathmandu", april, april + DAY))).toEqual(["2026-04-05T00:15Z"]);
});

test("a jump that ends on the next day is no reason to leave a time out", () => {
  const march = Date.UTC(2026, 2, 28, 12);
  // At 23:00 on Saturday clocks go to 00:00 on Sunday.
  expect(iso(firesIn("30 23 * * *", "America/Scoresbysund", march, march + DAY))).toEqual([
    "2026-03-29T01:00Z",
  ]);
});

test("a day that never was fires at the jump over it", () => {
  const december = Date.UTC(2011, 11, 29, 20);
  expect(iso(firesIn("0 12 * * *", "Pacific/Apia", december, december + 2 * DAY))).toEqual([
    "2011-12-29T22:00Z",
    "2011-12-30T10:00Z",
    "2011-12-30T22:00Z",
  ]);
});

const ZONES = [
  "UTC",
  BERLIN,
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Beirut",
  "America/Havana",
  "America/Santiago",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Antarctica/Troll",
  "Pacific/Chatham",
  "Asia/Kathmandu",
] as const;
/** Where clocks are set from one day into the next, or where the search for it is cut in two. */
const ODD = [
  ["America/Scoresbysund", Date.UTC(2026, 2, 29, 1)],
  ["America/Scoresbysund", Date.UTC(2026, 9, 25, 1)],
  ["America/Nuuk", Date.UTC(2026, 2, 29, 1)],
  ["America/Nuuk", Date.UTC(2026, 9, 25, 1)],
  ["Pacific/Apia", Date.UTC(2011, 11, 30, 10)],
  ["Europe/Chisinau", Date.UTC(2020, 9, 25)],
  ["Asia/Jerusalem", Date.UTC(2020, 9, 24, 23)],
  ["Africa/Windhoek", Date.UTC(2004, 3, 4)],
] as const;

test.each(ZONES)("random expressions fire in %s as a look at every minute says", (timeZone) => {
  const random = seededRandom(timeZone.length * 7_919);
  const changes = clockChanges(timeZone, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1));
  for (const around of changes.length === 0 ? [Date.UTC(2026, 1, 28)] : changes)
    compareByMinute(timeZone, around, random);
});

test.each(ODD)(
  "random expressions fire in %s around %i as a look at every minute says",
  (timeZone, around) => {
    compareByMinute(timeZone, around, seededRandom(around / 1_000));
  },
);

function compareByMinute(timeZone: string, around: number, random: () => number): void {
  const [from, to] = [around - DAY, around + DAY];
  const looked = look(timeZone, from, to, 60_000);
  for (let count = 0; count < 16; count++) {
    const expression = randomExpression(random);
    const what = `${expression} in ${timeZone}`;
    const expected = expectedFires(expression, looked);
    expect(iso(firesIn(expression, timeZone, from, to)), what).toEqual(iso(expected));
    for (let asked = 0; asked < 20; asked++) {
      // Mostly within the hours in which clocks are set, at any millisecond.
      const after = around + Math.floor((random() - 0.5) * (asked < 15 ? 6 : 40) * 3_600_000);
      const next = expected.find((ms) => ms > after);
      if (next !== undefined)
        expect(nextCronTime(expression, timeZone, after), `${what} after ${after}`).toBe(next);
    }
  }
}

test("six fields fire as a look at every second says", () => {
  const random = seededRandom(42);
  for (const [timeZone, around] of [
    [BERLIN, Date.UTC(2026, 2, 29, 1)],
    [BERLIN, Date.UTC(2026, 9, 25, 1)],
    ["Australia/Lord_Howe", Date.UTC(2026, 3, 4, 15)],
  ] as const) {
    const [from, to] = [around - 5_400_000, around + 5_400_000];
    const looked = look(timeZone, from, to, 1_000);
    for (let count = 0; count < 6; count++) {
      const expression = `${randomField(random, 0, 59)} ${randomExpression(random)}`;
      const expected = expectedFires(expression, looked);
      expect(firesIn(expression, timeZone, from, to), `${expression} in ${timeZone}`).toEqual(expected);
    }
  }
});

test("croner, left alone with the time zone, comes to the same where a jump stays within its day", () => {
  const random = seededRandom(7);
  for (const timeZone of ZONES.filter((zone) => zone !== "UTC")) {
    for (let count = 0; count < 6; count++) {
      const expression = randomExpression(random);
      const alone = new Cron(expression, { timezone: timeZone, fixedTimeRule: "no-wildcard" });
      let [at, ours]: [Date | null, number | undefined] = [
        new Date(Date.UTC(2026, 2, 1)),
        Date.UTC(2026, 2, 1),
      ];
      for (let step = 0; step < 60 && at !== null && ours !== undefined; step++) {
        at = alone.nextRun(at);
        ours = nextCronTime(expression, timeZone, ours);
        expect(ours, `${expression} in ${timeZone}`).toBe(at?.getTime());
      }
    }
  }
});

test.each([
  ["0 12 L * *", ["2026-01-31T12:00Z", "2026-02-28T12:00Z", "2026-03-31T12:00Z"]],
  ["0 12 * * FRI#L", ["2026-01-30T12:00Z", "2026-02-27T12:00Z", "2026-03-27T12:00Z"]],
  ["0 12 * * MON#2", ["2026-01-12T12:00Z", "2026-02-09T12:00Z", "2026-03-09T12:00Z"]],
  ["0 12 15W * *", ["2026-01-15T12:00Z", "2026-02-16T12:00Z", "2026-03-16T12:00Z"]],
  ["0 12 LW * *", ["2026-01-30T12:00Z", "2026-02-27T12:00Z", "2026-03-31T12:00Z"]],
  ["0 0 1 jan,mar *", ["2026-01-01T00:00Z", "2026-03-01T00:00Z", "2027-01-01T00:00Z"]],
  ["0 0 29 2 *", ["2028-02-29T00:00Z", "2032-02-29T00:00Z", "2036-02-29T00:00Z"]],
  ["@weekly", ["2026-01-04T00:00Z", "2026-01-11T00:00Z", "2026-01-18T00:00Z"]],
  ["0 0 * * 7", ["2026-01-04T00:00Z", "2026-01-11T00:00Z", "2026-01-18T00:00Z"]],
  ["0 0 13 * FRI", ["2026-01-02T00:00Z", "2026-01-09T00:00Z", "2026-01-13T00:00Z"]],
  ["0 0 13 * +FRI", ["2026-02-13T00:00Z", "2026-03-13T00:00Z", "2026-11-13T00:00Z"]],
])("%s fires at the days it names", (expression, expected) => {
  const fires: number[] = [];
  for (let at = Date.UTC(2026, 0, 1) - 1; fires.length < 3;) {
    at = nextCronTime(expression, "UTC", at) ?? NaN;
    fires.push(at);
  }
  expect(iso(fires)).toEqual(expected);
});

/** Numbers, lists, ranges and steps; about half of them with fixed times of day. */
function randomExpression(random: () => number): string {
  const fixed = random() < 0.5;
  const time = fixed
    ? `${numbers(random, 0, 59)} ${random() < 0.4 ? range(random, 0, 23) : numbers(random, 0, 23)}`
    : `${randomField(random, 0, 59)} ${randomField(random, 0, 23)}`;
  const days = random() < 0.6 ? "* * *" : `${randomField(random, 1, 28)} * ${randomField(random, 0, 6)}`;
  return `${time} ${days}`;
}

function randomField(random: () => number, least: number, most: number): string {
  const choice = random();
  if (choice < 0.35) return "*";
  if (choice < 0.6) return `*/${1 + Math.floor(random() * Math.min(30, most - 1))}`;
  if (choice < 0.75) return range(random, least, most);
  if (choice < 0.85) return `${range(random, least, most)}/${1 + Math.floor(random() * 5)}`;
  return numbers(random, least, most);
}

function range(random: () => number, least: number, most: number): string {
  const from = least + Math.floor(random() * (most - least));
  return `${from}-${from + 1 + Math.floor(random() * (most - from - 1))}`;
}

function numbers(random: () => number, least: number, most: number): string {
  const count = 1 + Math.floor(random() * 3);
  return Array.from({ length: count }, () => least + Math.floor(random() * (most - least + 1))).join(",");
}
