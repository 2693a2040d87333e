import type { Schedule } from "@millrace/core";
import { type ManualClock, manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cron } from "./cron.ts";
import { every } from "./every.ts";
import { ScheduleTimer, type TimedFire } from "./schedule-timer.ts";

const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

let clock: ManualClock;
let timer: ScheduleTimer;
let delivered: (TimedFire & { at: number })[];
let failing: boolean;
let errors: unknown[];
let stop: AbortController;
let ended: Promise<void>;

beforeEach(() => {
  clock = manualClock(START);
  delivered = [];
  errors = [];
  failing = false;
  timer = new ScheduleTimer({
    clock,
    deliver: (fires) => {
      if (failing) throw new Error("the database is away");
      delivered.push(...fires.map((fire) => ({ ...fire, at: clock.now() })));
    },
    onError: (error) => errors.push(error),
  });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await ended;
});

async function begin(schedules: Readonly<Record<string, Schedule>>): Promise<void> {
  for (const [pipeline, schedule] of Object.entries(schedules)) timer.set(pipeline, schedule, clock.now());
  ended = timer.run(stop.signal);
  await clock.slept();
}

/** Does it, and waits until the timer sleeps again. */
async function change(what: () => void): Promise<void> {
  what();
  await clock.slept();
}

const times = (pipeline?: string): number[] =>
  delivered
    .filter((fire) => pipeline === undefined || fire.pipeline === pipeline)
    .map(({ dueMs }) => (dueMs - START) / 1_000);

test("each fire is delivered at its time, of several at once in one batch", async () => {
  await begin({ a: every("5 s"), b: every("10 s"), c: every("7 s", { anchor: START }) });
  await clock.advance(20_000);
  expect(delivered.map(({ pipeline, dueMs }) => `${pipeline}${(dueMs - START) / 1_000}`)).toEqual([
    "a5",
    "c7",
    "a10",
    "b10",
    "c14",
    "a15",
    "a20",
    "b20",
  ]);
  expect(delivered.every(({ at, startMs, late }) => at === startMs && !late)).toBe(true);
});

test("jitter puts the start off, not the due time", async () => {
  await begin({ a: every("1 minute", { jitter: "20 s" }) });
  await clock.advance(300_000);
  expect(times()).toEqual([60, 120, 180, 240, 300].slice(0, times().length));
  expect(delivered.length).toBeGreaterThanOrEqual(4);
  expect(delivered.every(({ at, startMs }) => at === startMs)).toBe(true);
  expect(delivered.some(({ startMs, dueMs }) => startMs > dueMs + 1_000)).toBe(true);
});

test("a fire may be further away than timers of the runtime can wait", async () => {
  await begin({ a: cron("@monthly") });
  await clock.advance(30.9 * DAY);
  expect(delivered).toEqual([]);
  await clock.advance(0.2 * DAY);
  expect(times()).toEqual([31 * 86_400]);
  expect(delivered[0]?.at).toBe(START + 31 * DAY);
});

test("without pipelines it waits for one", async () => {
  await begin({});
  await clock.advance(DAY);
  await change(() => timer.set("a", every("1 minute")));
  await clock.advance(60_000);
  expect(times()).toEqual([86_460]);
});

test("what is added, changed or taken away while it waits counts at once", async () => {
  await begin({ slow: every("1 hour") });
  await clock.advance(1_000);
  await change(() => timer.set("quick", every("2 s")));
  await clock.advance(3_000);
  expect(times("quick")).toEqual([2, 4]);
  await change(() => timer.set("slow", every("3 s")));
  await clock.advance(2_000);
  expect(times("slow")).toEqual([6]);
  expect(timer.delete("quick")).toBe(true);
  expect(timer.delete("quick")).toBe(false);
  await clock.advance(4_000);
  expect(times("quick")).toEqual([2, 4, 6]);
});

test("setting the same schedule again changes nothing", async () => {
  await begin({ a: every("10 s", { anchor: START }) });
  for (let step = 0; step < 12; step++) {
    await clock.advance(5_000);
    timer.set("a", every("10 s", { anchor: START }));
  }
  expect(times()).toEqual([10, 20, 30, 40, 50, 60]);
});

test.each([
  ["latest", [3_600]],
  ["all", [600, 1_200, 1_800, 2_400, 3_000, 3_600]],
  ["none", []],
] as const)("after the clock jumped forward, %s says what is made up for", async (catchUp, expected) => {
  await begin({ a: every("10 minutes", { catchUp }) });
  clock.jump(3_630_000);
  await clock.advance(30_000);
  expect(times()).toEqual(expected);
  expect(delivered.every(({ late }) => late)).toBe(true);
  await clock.advance(600_000);
  expect(times()).toEqual([...expected, 4_200]);
  expect(delivered.at(-1)).toMatchObject({ late: false, at: START + 4_200_000 });
});

test("a fire that is a little late is started whatever the policy says", async () => {
  await begin({ a: every("1 minute", { catchUp: "none" }) });
  clock.jump(65_000);
  await clock.advance(30_000);
  expect(times()).toEqual([]);
  clock.jump(5_000);
  await clock.advance(30_000);
  expect(times()).toEqual([120]);
});

test("a clock that jumps forward is noticed within half a minute", async () => {
  await begin({ a: cron("0 12 * * *") });
  clock.jump(12 * 3_600_000 - 10_000);
  await clock.advance(29_000);
  await clock.advance(1_000);
  expect(times()).toEqual([12 * 3_600]);
});

test("a clock that goes back a little repeats nothing", async () => {
  await begin({ a: every("10 s", { anchor: START }) });
  await clock.advance(20_000);
  clock.jump(-15_000);
  await clock.advance(40_000);
  expect(times()).toEqual([10, 20, 30, 40]);
});

test("a clock that comes back from a wrong future goes on from the present", async () => {
  await begin({ a: every("1 hour") });
  clock.jump(1_000 * DAY);
  await clock.advance(30_000);
  expect(times()).toEqual([1_000 * 86_400]);
  clock.jump(-1_000 * DAY);
  await clock.advance(3_600_000);
  expect(times()).toEqual([1_000 * 86_400, 3_600]);
});

test("what was missed before it began is made up for", async () => {
  timer.set("all", every("1 day", { catchUp: "all" }), START - 3 * DAY);
  timer.set("latest", every("1 s"), START - 365 * DAY);
  timer.set("none", every("1 day", { catchUp: "none" }), START - 3.5 * DAY + 1);
  await begin({});
  expect(times("all")).toEqual([-2 * 86_400, -86_400, 0]);
  expect(times("latest")).toEqual([0]);
  // Due at this very moment: that is in time.
  expect(times("none")).toEqual([0]);
});

test("what could not be delivered comes again, less and less often, and nothing is lost", async () => {
  await begin({ a: every("10 s", { anchor: START, catchUp: "all" }), b: every("10 s", { anchor: START }) });
  failing = true;
  await clock.advance(65_000);
  expect(delivered).toEqual([]);
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.length).toBeLessThan(9);
  failing = false;
  await clock.advance(30_000);
  expect(times("a")).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90].slice(0, times("a").length));
  expect(times("a").length).toBeGreaterThan(6);
  // The policy `latest` makes up for the last one alone.
  expect(times("b").length).toBeLessThan(times("a").length);
});

test("many late fires come in batches of a thousand", async () => {
  const sizes: number[] = [];
  timer = new ScheduleTimer({ clock, deliver: (fires) => void sizes.push(fires.length) });
  const schedule = every("1 s", { catchUp: { policy: "all", limit: 1_500 } });
  for (let count = 0; count < 3; count++) timer.set(`p${count}`, schedule, START - DAY);
  await begin({});
  expect(sizes).toEqual([1_000, 500, 1_000, 500, 1_000, 500]);
});

test("it ends at once when told to, after the delivery that is under way", async () => {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  timer = new ScheduleTimer({
    clock,
    deliver: async () => {
      reached.resolve();
      await gate.promise;
    },
  });
  timer.set("a", every("1 s"), START - 5_000);
  ended = timer.run(stop.signal);
  await reached.promise;
  stop.abort();
  let done = false;
  void ended.then(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  gate.resolve();
  await ended;
  expect(timer.upcoming()).toEqual([
    { pipeline: "a", fire: { dueMs: START + 1_000, startMs: START + 1_000 } },
  ]);
});

test("a schedule that cannot be read keeps no other from firing", async () => {
  const damaged = { ...cron("@daily"), expression: "every day" };
  await begin({
    damaged,
    nowhere: { ...cron("@daily"), timeZone: "Europe/Atlantis" },
    good: every("1 minute"),
  });
  await clock.advance(60_000);
  expect(times()).toEqual([60]);
  expect(errors.map(String)).toEqual([
    expect.stringContaining('The schedule of "damaged"'),
    expect.stringContaining('The schedule of "nowhere"'),
  ]);
});

test("on the machine's clock, nothing is delivered before its time", async () => {
  const early: number[] = [];
  const enough = Promise.withResolvers<void>();
  let count = 0;
  timer = new ScheduleTimer({
    deliver: (fires) => {
      for (const { startMs } of fires) if (Date.now() < startMs) early.push(startMs);
      count += fires.length;
      if (count >= 20) enough.resolve();
    },
  });
  for (let offset = 0; offset < 10; offset++)
    timer.set(`p${offset}`, every("100 ms", { anchor: offset * 7 }));
  ended = timer.run(stop.signal);
  await enough.promise;
  expect(early).toEqual([]);
});

test("upcoming lists the next fire of each, the earliest first", async () => {
  await begin({ late: every("1 hour"), early: every("1 minute") });
  expect(timer.upcoming().map(({ pipeline }) => pipeline)).toEqual(["early", "late"]);
});
