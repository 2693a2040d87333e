import type { Schedule } from "@millrace/core";
import { publish } from "@millrace/platform";
import { every } from "@millrace/orchestrator/schedule";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { overviewRoutes } from "../src/manage/overview/routes.ts";
import type * as answers from "../src/manage/overview/schemas.ts";
import { type Bed, openBed } from "./bed.ts";
import { seedRuns } from "./seed-runs.ts";

type Of<K extends keyof typeof answers> = (typeof answers)[K] extends z.ZodType
  ? z.infer<(typeof answers)[K]>
  : never;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const now = Date.now();
let bed: Bed;

beforeAll(async () => {
  bed = await openBed({ routes: [overviewRoutes] });
  const hourly = { ...every("1 hour"), anchorMs: now - 10 * MINUTE } as Schedule;
  const tenMinutes = { ...every("10 minutes"), anchorMs: now - 16 * MINUTE } as Schedule;
  const blackout = { from: "* * * * *", lengthMs: MINUTE };
  await bed.register({
    fine: { schedule: hourly, group: "shop" },
    broken: { schedule: hourly, owner: "data team", codeVersion: "bbbbbbbbbbbbbbbb" },
    behind: { schedule: hourly },
    "left out": { schedule: { ...hourly, blackouts: [blackout] } },
    paused: { schedule: hourly },
    off: { schedule: hourly, enabled: false },
    new: {},
    child: { parents: ["fine"] },
    odd: {},
    slow: { schedule: tenMinutes },
    sales: {},
  });
  const { pool } = bed.control;
  await pool.query("UPDATE millrace_control.pipelines SET paused_at = now() WHERE name = 'paused'");
  await pool.query("UPDATE millrace_control.pipelines SET failures = 2 WHERE name = 'broken'");
  const rows = { orders: { read: 10, inserted: 4, updated: 1, unchanged: 5, removed: 0, rejected: 0 } };
  const none = { orders: { read: 10, inserted: 0, updated: 0, unchanged: 10, removed: 0, rejected: 0 } };
  await seedRuns(pool, [
    { pipeline: "fine", startedAt: now - 2 * MINUTE, dueAt: now - 2 * MINUTE, counts: none },
    { pipeline: "fine", startedAt: now - 62 * MINUTE, dueAt: now - 62 * MINUTE, counts: rows },
    { pipeline: "broken", startedAt: now - 3 * HOUR, counts: rows, codeVersion: "aaaaaaaaaaaaaaaa" },
    { pipeline: "behind", startedAt: now - 5 * HOUR, counts: rows },
    { pipeline: "left out", startedAt: now - 5 * HOUR, counts: rows },
    { pipeline: "paused", startedAt: now - 5 * HOUR, counts: rows },
    { pipeline: "off", startedAt: now - 5 * HOUR, counts: rows },
    {
      pipeline: "child",
      startedAt: now - 30_000,
      counts: { kids: { read: 5, inserted: 0, updated: 0, unchanged: 0, removed: 0, rejected: 5 } },
    },
    { pipeline: "slow", startedAt: now - 16 * MINUTE, dueAt: now - 16 * MINUTE, durationMs: 15 * MINUTE },
    { pipeline: "fine", status: "failed", partition: "2026-01-01", startedAt: now - MINUTE },
  ]);
  await publish(pool, {
    type: "schema.changed",
    at: new Date(now - 2 * HOUR).toISOString(),
    pipeline: "broken",
    data: {
      changes: [
        {
          table: "orders",
          kind: "widen-column",
          column: "price",
          from: "integer",
          to: "numeric",
          statement: "ALTER",
        },
      ],
    },
  });
  await seedRuns(pool, [
    {
      pipeline: "broken",
      status: "failed",
      startedAt: now - 2 * HOUR,
      error: { code: "MLR_SOURCE_FAILED", message: "The server answered 500" },
    },
    {
      pipeline: "broken",
      status: "died",
      startedAt: now - HOUR,
      codeVersion: "bbbbbbbbbbbbbbbb",
      error: { code: "MLR_RUN_DIED", message: "Its process was ended by SIGKILL", hint: "Look at the log" },
      options: { full: true },
      log: [
        { at: new Date(now).toISOString(), level: "warn", message: "memory is short" },
        { at: new Date(now).toISOString(), level: "info", message: "reading page 7" },
      ],
    },
    {
      pipeline: "odd",
      status: "running",
      startedAt: now - MINUTE,
      counts: { live: { read: 7, inserted: 7 } },
      progress: { rows: 40, totalRows: 80, rowsPerSecond: 12.5, memoryBytes: 1e8, cpuShare: 0.5 },
    },
    { pipeline: "odd", status: "queued" },
  ]);
});

afterAll(() => bed.close());

const get = async <K extends keyof typeof answers>(_: K, url: string): Promise<Of<K>> => {
  const { status, body, text } = await bed.as("viewer").get<Of<K>>(url);
  expect(status, text).toBe(200);
  return body;
};

test("counts pipelines by how they do, and says so in one sentence", async () => {
  expect(await get("Overview", "/overview")).toMatchObject({
    pipelines: 11,
    // Partitions say nothing of a pipeline's own runs; what a blackout leaves out is not late; one that runs is healthy.
    healthy: 5,
    failing: 1,
    late: 1,
    paused: 1,
    disabled: 1,
    neverRan: 2,
    running: 1,
    queued: 1,
    sentence:
      "5 of 11 pipelines are healthy; 1 fails and 1 is late; 1 is paused, 1 is disabled and 2 have never run.",
  });
});

test("tells of pipelines that fail, are late or refuse rows why, since when, and what is different", async () => {
  const { items } = await get("Attention", "/overview/attention");
  expect(items.map(({ pipeline, state }) => [pipeline, state])).toEqual([
    ["broken", "failing"],
    ["behind", "late"],
    ["child", "refusing"],
  ]);
  const [broken, behind, child] = items;
  expect(broken).toMatchObject({
    owner: "data team",
    failures: 2,
    since: new Date(now - 2 * HOUR + 1_000).toISOString(),
    run: { status: "died", trigger: "schedule" },
    error: { code: "MLR_RUN_DIED", message: "Its process was ended by SIGKILL", hint: "Look at the log" },
    lastLine: "memory is short",
    lastSuccessAt: new Date(now - 3 * HOUR + 1_000).toISOString(),
  });
  expect(broken?.changes.map(({ kind, summary }) => [kind, summary])).toEqual([
    ["code", "Code version aaaaaaaaaaaa became bbbbbbbbbbbb"],
    ["schema", "orders: column price went from integer to numeric"],
    ["options", "Was run with another full"],
  ]);
  expect(behind).toMatchObject({ error: null, failures: 0 });
  expect(behind?.expectedAt).toBe(behind?.since);
  expect(child).toMatchObject({ refused: 5, error: null, since: new Date(now - 29_000).toISOString() });
});

test("forgets a failure as soon as a run succeeds", async () => {
  const other = "recovering";
  const { pool } = bed.control;
  const outcome = async (): Promise<unknown> =>
    (
      await pool.query(
        "SELECT status, failing_since, success_run, median_ms FROM millrace_control.pipeline_outcomes WHERE pipeline = $1",
        [other],
      )
    ).rows[0];
  const [, bad] = await seedRuns(pool, [
    { pipeline: other, startedAt: now - 9_000, durationMs: 2_000 },
    { pipeline: other, startedAt: now - 6_000, status: "running" },
  ]);
  await pool.query(
    "UPDATE millrace_control.runs SET status = 'failed', finished_at = now(), duration_ms = 7 WHERE id = $1",
    [bad],
  );
  expect(await outcome()).toMatchObject({
    status: "failed",
    failing_since: expect.any(Date),
    median_ms: 2_000,
  });
  const [good] = await seedRuns(pool, [{ pipeline: other, startedAt: now - 3_000, durationMs: 4_000 }]);
  expect(await outcome()).toEqual({
    status: "succeeded",
    failing_since: null,
    success_run: good,
    median_ms: 3_000,
  });
  // What was taken for dead and then reports its end is believed.
  await pool.query("UPDATE millrace_control.runs SET status = 'succeeded' WHERE id = $1", [bad]);
  expect(await outcome()).toMatchObject({ status: "succeeded", success_run: good, median_ms: 2_000 });
});

test("remembers a success that lies further back than the runs that are looked at", async () => {
  const { pool } = bed.control;
  const [good] = await seedRuns(pool, [{ pipeline: "hopeless", startedAt: now - 50 * MINUTE }]);
  await seedRuns(
    pool,
    Array.from({ length: 40 }, (_, place) => ({
      pipeline: "hopeless",
      status: "failed" as const,
      startedAt: now - (45 - place) * MINUTE,
    })),
  );
  const { rows } = await pool.query<{ success_run: string; failing_since: Date }>(
    "SELECT success_run, failing_since FROM millrace_control.pipeline_outcomes WHERE pipeline = 'hopeless'",
  );
  expect(rows[0]?.success_run).toBe(good);
  expect(rows[0]?.failing_since.getTime()).toBe(now - 45 * MINUTE + 1_000);
});

test("shows the last runs of each pipeline and when it fires next", async () => {
  const { items } = await get("Strips", "/overview/strips?group=shop");
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    pipeline: "fine",
    health: "healthy",
    timeZone: "UTC",
    usualDurationMs: 1_000,
  });
  expect(items[0]?.runs.map(({ status, durationMs }) => [status, durationMs])).toEqual([
    ["succeeded", 1_000],
    ["succeeded", 1_000],
  ]);
  expect(Date.parse(items[0]?.nextAt ?? "")).toBeGreaterThan(now);
  const all = await get("Strips", "/overview/strips");
  const paused = all.items.find(({ pipeline }) => pipeline === "paused");
  expect(paused).toMatchObject({ health: "paused", nextAt: null });
});

test("goes through a list page by page", async () => {
  const names: string[] = [];
  let after = "";
  do {
    const page = await get("Strips", `/overview/strips?limit=4${after}`);
    names.push(...page.items.map(({ pipeline }) => pipeline));
    after = page.next === undefined ? "" : `&after=${encodeURIComponent(page.next)}`;
  } while (after !== "");
  expect(names).toEqual([
    "behind",
    "broken",
    "child",
    "fine",
    "left out",
    "new",
    "odd",
    "off",
    "paused",
    "sales",
    "slow",
  ]);
  expect((await bed.as("viewer").get("/overview/strips?after=x")).status).toBe(400);
});

test("calls a table late only after its next due time and its usual duration", async () => {
  const { items } = await get("Freshness", "/overview/freshness");
  const states = Object.fromEntries(items.map(({ pipeline, state }) => [pipeline, state]));
  expect(states).toEqual({
    behind: "late",
    broken: "late",
    child: "unscheduled",
    fine: "fresh",
    "left out": "unscheduled",
    odd: "fresh",
    off: "disabled",
    paused: "paused",
  });
  const fine = items.find(({ pipeline }) => pipeline === "fine");
  expect(fine).toMatchObject({
    table: "orders",
    // The last run changed nothing.
    lastRowAt: new Date(now - 62 * MINUTE + 1_000).toISOString(),
    lastLoadedAt: new Date(now - 2 * MINUTE + 1_000).toISOString(),
    lateMs: null,
  });
  const behind = items.find(({ pipeline }) => pipeline === "behind");
  // The hour after its last success, one second that it usually takes, and a little more.
  const due = now - 4 * HOUR - 10 * MINUTE;
  expect(Date.parse(behind?.dueAt ?? "")).toBe(due);
  expect(Date.parse(behind?.expectedAt ?? "")).toBe(due + 1_000 + 30_000);
  expect(items[0]?.state).toBe("late");
});

describe("volume", () => {
  test("marks what is outside of what the weekday usually brings", async () => {
    const { pool } = bed.control;
    const day = (weeks: number, minute: number): number => now - weeks * 7 * DAY - minute * MINUTE;
    const counts = (inserted: number): object => ({ counts: { sold: { inserted, updated: 2, removed: 0 } } });
    await seedRuns(pool, [
      ...[1, 2, 3].flatMap((week) =>
        [10, 20, 30, 40].map((minute, place) => ({
          pipeline: "sales",
          startedAt: day(week, minute),
          ...counts(100 + place),
        })),
      ),
      { pipeline: "sales", status: "failed" as const, startedAt: now - 4 * MINUTE, ...counts(0) },
      { pipeline: "sales", partition: "2026-01", startedAt: now - 4 * MINUTE, ...counts(9_999) },
      { pipeline: "sales", startedAt: now - 3 * MINUTE, ...counts(101) },
      { pipeline: "sales", startedAt: now - 2 * MINUTE, ...counts(900) },
    ]);
    const answer = await get("Volume", "/overview/volume?pipeline=sales&points=3");
    expect(answer).toMatchObject({ tables: 1, outside: 1 });
    const [item] = answer.items;
    expect(item).toMatchObject({ pipeline: "sales", table: "sold", outside: true });
    expect(item?.points.map(({ inserted, outside }) => [inserted, outside])).toEqual([
      [100, []],
      [101, []],
      [900, ["inserted"]],
    ]);
    // 14 runs: 100 to 103 three times each, 101 and 900. Half of them lie within 1 of the middle: the band is a tenth of it.
    expect(item?.bands).toHaveLength(1);
    expect(item?.bands[0]).toMatchObject({
      runs: 14,
      inserted: { median: 101.5, low: expect.closeTo(91.35), high: expect.closeTo(111.65) },
      updated: { median: 2, low: 1, high: 3 },
      removed: { median: 0, low: 0, high: 1 },
    });
    const home = await get("Volume", "/overview/volume");
    expect(home.items[0]?.table).toBe("sold");
  });

  test("goes with the runs that it is about", async () => {
    const { pool } = bed.control;
    const [id] = await seedRuns(pool, [{ pipeline: "gone", counts: { away: { inserted: 1 } } }]);
    const left = async (): Promise<number> =>
      (await pool.query("SELECT FROM millrace_control.run_volumes WHERE run = $1", [id])).rowCount ?? 0;
    expect(await left()).toBe(1);
    await pool.query("DELETE FROM millrace_control.runs WHERE id = $1", [id]);
    expect(await left()).toBe(0);
  });
});

test("draws what ran and what comes, with waits and overlaps", async () => {
  const timeline = await get("Timeline", "/overview/timeline?back=6&ahead=3");
  const lane = timeline.items.find(({ pipeline }) => pipeline === "fine");
  expect(lane?.runs.map(({ status, waitMs }) => [status, waitMs])).toEqual([
    ["succeeded", 100],
    ["succeeded", 100],
  ]);
  expect(lane?.fires).toHaveLength(3);
  expect(lane?.fires.every(({ overlaps }) => !overlaps)).toBe(true);
  expect(timeline.items.find(({ pipeline }) => pipeline === "paused")?.fires).toEqual([]);
  expect(timeline.load).toHaveLength(48);
  const past = timeline.load.filter(({ expected }) => !expected);
  const ahead = timeline.load.filter(({ expected }) => expected);
  expect(past.some((step) => step.running > 0)).toBe(true);
  expect(ahead.some((step) => step.running > 0)).toBe(true);
});

test("sees that fires overlap when runs take longer than the time between them", async () => {
  const timeline = await get("Timeline", "/overview/timeline?back=1&ahead=1");
  const lane = timeline.items.find(({ pipeline }) => pipeline === "slow");
  expect(lane?.fires.map(({ overlaps }) => overlaps)).toEqual([false, true, true, true, true, true]);
});

test("tells of runs that go on how far they are and what they use", async () => {
  const { items } = await get("Running", "/overview/running");
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    pipeline: "odd",
    share: 0.5,
    rows: 40,
    rowsPerSecond: 12.5,
    memoryBytes: 1e8,
    cpuShare: 0.5,
    inserted: 7,
  });
});

test("counts runs per day, also of days whose runs are gone", async () => {
  const { pool } = bed.control;
  const old = Date.parse("2026-01-05T23:59:59.500Z");
  const [gone] = await seedRuns(pool, [
    { pipeline: "ancient", startedAt: old - 1_000 },
    { pipeline: "ancient", startedAt: old, status: "failed" },
    { pipeline: "ancient", startedAt: now - 1_000 },
  ]);
  const days = `/overview/calendar?pipeline=ancient&days=750`;
  const today = new Date(now).toISOString().slice(0, 10);
  const expected = [
    { day: "2026-01-05", succeeded: 1, failed: 0, stopped: 0, durationMs: 1_000 },
    { day: "2026-01-06", succeeded: 0, failed: 1, stopped: 0, durationMs: 1_000 },
    { day: today, succeeded: 1, failed: 0, stopped: 0, durationMs: 1_000 },
  ];
  expect((await get("Calendar", days)).items).toEqual(expected);
  await pool.query("DELETE FROM millrace_control.runs WHERE id = $1", [gone]);
  expect((await get("Calendar", `${days.replace("750", "749")}`)).items).toEqual(expected);
  const all = await get("Calendar", "/overview/calendar?days=749");
  expect(all.items.find(({ day }) => day === "2026-01-06")).toMatchObject({ failed: 1 });
});

test("tells which partitions are there", async () => {
  const { pool } = bed.control;
  const [done, bad, waits] = await seedRuns(pool, [
    { pipeline: "fine", partition: "a", counts: { orders: { inserted: 3, updated: 1 } } },
    { pipeline: "fine", partition: "b", status: "failed" },
    { pipeline: "fine", partition: "c", status: "queued" },
  ]);
  await pool.query(
    `INSERT INTO millrace_control.backfill_partitions (pipeline, partition, run, succeeded_at)
     VALUES ('fine', 'a', $1, now()), ('fine', 'b', $2, NULL), ('fine', 'c', $3, NULL)`,
    [done, bad, waits],
  );
  const first = await get("Coverage", "/overview/coverage?pipeline=fine&limit=2");
  expect(first).toMatchObject({ tables: ["orders"], next: "b" });
  const second = await get("Coverage", `/overview/coverage?pipeline=fine&limit=2&after=${first.next}`);
  expect(
    [...first.partitions, ...second.partitions].map(({ partition, state, rows }) => [partition, state, rows]),
  ).toEqual([
    ["a", "done", { orders: 4 }],
    ["b", "failed", {}],
    ["c", "queued", {}],
  ]);
  expect((await bed.as("viewer").get("/overview/coverage?pipeline=nobody")).status).toBe(404);
});

test("lists changes of tables in words", async () => {
  const { items } = await get("SchemaDrift", "/overview/schema-drift?pipeline=broken");
  expect(items.map(({ table, change }) => [table, change])).toEqual([
    ["orders", "orders: column price went from integer to numeric"],
  ]);
});

test("needs somebody who is signed in", async () => {
  for (const path of [
    "",
    "/attention",
    "/strips",
    "/freshness",
    "/volume",
    "/timeline",
    "/running",
    "/calendar",
  ]) {
    expect((await bed.as("nobody").get(`/overview${path}`)).status).toBe(401);
  }
});
