import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QualityResult, RunEvent } from "@millrace/core";
import { manualClock } from "@millrace/core/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openControl, type ControlStore } from "../store/control-store.ts";
import { startTestPostgres, type TestPostgres } from "../testing/index.ts";
import { pruneQuality } from "./prune-quality.ts";

let server: TestPostgres;
let directory: string;
let url: string;
let control: ControlStore;
const clock = manualClock(Date.parse("2026-11-22T12:00:00Z"));

beforeAll(async () => {
  server = await startTestPostgres();
  directory = await mkdtemp(join(tmpdir(), "millrace-quality-"));
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  url = await server.createDatabase();
  control = await openControl(url, { fallbackDirectory: directory, clock });
  return () => control.close();
});

const result = (more: Partial<QualityResult> = {}): RunEvent => ({
  type: "quality",
  table: "orders",
  rule: "range(price)",
  kind: "range",
  severity: "warn",
  status: "passed",
  landed: true,
  observed: 0,
  expected: "at least 0",
  checked: 10,
  failures: 0,
  samples: [],
  ...more,
});

const started = (run: string): RunEvent => ({
  type: "started",
  run,
  pipeline: "shop",
  attempt: 7n,
  resumed: false,
  at: 0,
});

/** A run that tells these results, a minute after the one before. */
async function recordRun(...results: readonly Partial<QualityResult>[]): Promise<string> {
  await clock.advance(60_000);
  const run = randomUUID();
  const recorder = control.quality.recorder({ pipeline: "shop", group: "sales", run: randomUUID() });
  recorder.observe(started(run));
  for (const each of results) recorder.observe(result(each));
  await recorder.flush();
  return run;
}

test("keeps what rules came to, and gives it back", async () => {
  const samples = [{ id: "1", price: "-1\u0000" }];
  const run = await recordRun({ status: "failed", observed: 0.1, failures: 1, samples, reason: "so" });
  expect(await control.quality.ofRun(run)).toEqual([
    {
      at: new Date(clock.now()).toISOString(),
      run,
      attempt: "7",
      pipeline: "shop",
      table: "orders",
      rule: "range(price)",
      kind: "range",
      severity: "warn",
      status: "failed",
      landed: true,
      observed: 0.1,
      expected: "at least 0",
      checked: 10,
      failures: 1,
      samples: [{ id: "1", price: "-1\uFFFD" }],
      reason: "so",
    },
  ]);
});

test("tells others of rules that failed", async () => {
  const run = await recordRun({ status: "failed", failures: 3, observed: 0.3 }, { rule: "other" });
  const { rows } = await control.pool.query(
    `SELECT type, pipeline, "group", run, data FROM millrace_control.events WHERE type = 'quality.failed'`,
  );
  expect(rows).toMatchObject([
    { pipeline: "shop", group: "sales", run, data: { table: "orders", rule: "range(price)", rows: 3 } },
  ]);
});

test("gives the newest results of each rule, those that fail first", async () => {
  for (const failures of [1, 2, 0]) {
    await recordRun(
      { failures, observed: failures / 10, status: failures === 0 ? "passed" : "failed" },
      { rule: "unique(id)", kind: "unique", status: "failed", severity: "fail", landed: false },
      { rule: "volume()", status: "skipped", observed: null, checked: null },
      { table: "customers" },
    );
  }
  const series = await control.quality.series({ table: "orders", points: 2 });
  expect(series.map(({ rule, results }) => [rule, results.map(({ observed }) => observed)])).toEqual([
    ["unique(id)", [0, 0]],
    ["volume()", [null, null]],
    ["range(price)", [0, 0.2]],
  ]);
  expect(await control.quality.series({ table: "orders", pipeline: "other" })).toEqual([]);
  expect((await control.quality.series()).map(({ table }) => table)).toContain("customers");
  expect(await control.quality.tables()).toEqual(["customers", "orders"]);
});

test("lends past numbers of runs that landed, newest first", async () => {
  const volume = { rule: "volume()", kind: "volume" };
  await recordRun({ ...volume, observed: 100 });
  await recordRun({ ...volume, observed: 0, status: "failed", landed: false });
  await recordRun({ ...volume, observed: 120, status: "failed" });
  await recordRun({ ...volume, observed: null, status: "skipped" });
  await recordRun({ ...volume, observed: 110 });
  const query = { pipeline: "shop", table: "orders", rule: "volume()", limit: 2 };
  expect(await control.quality.history.observed(query)).toEqual([110, 120]);
  expect(await control.quality.history.observed({ ...query, limit: 9 })).toEqual([110, 120, 100]);
  expect(await control.quality.history.observed({ ...query, pipeline: "other" })).toEqual([]);
});

test("what the database does not take waits in a file, and is taken in once", async () => {
  await control.pool.query("ALTER TABLE millrace_control.quality_results RENAME TO away");
  const run = await recordRun({ failures: 4 }, { rule: "other" });
  expect((await readdir(directory)).filter((name) => name.startsWith("quality-"))).toHaveLength(1);
  await control.pool.query("ALTER TABLE millrace_control.away RENAME TO quality_results");
  const others = await Promise.all([1, 2].map(() => openControl(url, { fallbackDirectory: directory })));
  expect((await control.quality.ofRun(run)).map(({ rule, failures }) => [rule, failures])).toEqual([
    ["range(price)", 4],
    ["other", 0],
  ]);
  expect((await readdir(directory)).filter((name) => name.startsWith("quality-"))).toEqual([]);
  const { rows } = await control.pool.query(
    "SELECT count(*)::int AS n FROM millrace_control.quality_results",
  );
  expect(rows).toEqual([{ n: 2 }]);
  for (const other of others) await other.close();
});

test("prunes by age and by count of each rule", async () => {
  for (let i = 0; i < 6; i++) await recordRun({ observed: i }, { rule: "other", observed: i });
  const olderThan = new Date(clock.now() - 4.5 * 60_000);
  expect(await pruneQuality(control.pool, { olderThan })).toBe(2);
  expect(await pruneQuality(control.pool, { keep: 2 })).toBe(6);
  const series = await control.quality.series();
  expect(series.map(({ results }) => results.map(({ observed }) => observed))).toEqual([
    [5, 4],
    [5, 4],
  ]);
  expect(await pruneQuality(control.pool, {})).toBe(0);
});
