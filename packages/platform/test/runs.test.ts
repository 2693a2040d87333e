import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunReport } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlStore, newRunId, openControl } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { removeFolder, temporaryFolder } from "./temporary.ts";

let server: TestPostgres;
let folder: string;
let fallbackDirectory: string;
let url: string;
let control: ControlStore;
let database: pg.Client;

beforeAll(async () => {
  folder = await temporaryFolder();
  fallbackDirectory = join(folder, "fallback");
  server = await startTestPostgres();
  url = await server.createDatabase();
  control = await openControl(url, { fallbackDirectory });
  database = new pg.Client({ connectionString: url });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await control.close();
  await server.stop();
  await removeFolder(folder);
});

const counts = {
  read: 3,
  inserted: 2,
  updated: 0,
  unchanged: 1,
  removed: 0,
  restored: 0,
  rejected: 0,
  duplicates: 0,
};

function report(run: string, pipeline: string, more: Partial<RunReport> = {}): RunReport {
  return {
    run,
    pipeline,
    status: "succeeded",
    startedAt: new Date().toISOString(),
    durationMs: 12.4,
    attempt: "3",
    resumed: false,
    tables: { quakes: counts },
    checkpoint: { main: { page: 2 } },
    withheld: {},
    ...more,
  };
}

describe("a run's record", () => {
  it("is there from the start, follows the run, and keeps its end", async () => {
    const run = newRunId();
    const recorder = await control.runs.begin({
      run,
      pipeline: "p",
      trigger: "manual",
      options: { full: true },
    });
    expect(await control.runs.get(run)).toMatchObject({
      status: "running",
      options: { full: true },
      attempt: null,
    });
    recorder.observe({ type: "started", run, pipeline: "p", attempt: 3n, resumed: false, at: Date.now() });
    recorder.observe({ type: "log", level: "warn", message: "odd: \0 \uD800", details: { n: 1 } });
    recorder.observe({
      type: "committed",
      commit: 1n,
      tables: { quakes: counts },
      totals: { quakes: counts },
      checkpoints: { main: { page: 1 } },
    });
    await expect
      .poll(() => control.runs.get(run))
      .toMatchObject({
        status: "running",
        attempt: "3",
        counts: { quakes: counts },
        checkpoint: { main: { page: 1 } },
      });
    expect(await recorder.finish(report(run, "p"))).toEqual({ kept: "database" });
    const record = await control.runs.get(run);
    expect(record).toMatchObject({
      status: "succeeded",
      durationMs: 12,
      checkpoint: { main: { page: 2 } },
      error: null,
      log: [{ level: "warn", message: "odd: \uFFFD \uFFFD", details: { n: 1 } }],
    });
    expect(Date.parse(record.finishedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(record.startedAt ?? "~"));
    expect(record).not.toHaveProperty("updated_at");
  });

  it("keeps the last 200 lines", async () => {
    const run = newRunId();
    const recorder = await control.runs.begin({ run, pipeline: "p", trigger: "manual" });
    for (let i = 0; i < 1000; i++) recorder.observe({ type: "log", level: "info", message: `line ${i}` });
    await recorder.finish(report(run, "p"));
    const { log } = await control.runs.get(run);
    expect(log).toHaveLength(200);
    expect(log.at(-1)?.message).toBe("line 999");
  });

  it("of an interrupted run goes on when the run is continued", async () => {
    const interrupted = newRunId();
    const lease = await control.acquireLease("resumed", { run: interrupted });
    const first = await control.runs.begin({
      run: interrupted,
      pipeline: "resumed",
      trigger: "manual",
      lease,
    });
    first.observe({
      type: "started",
      run: interrupted,
      pipeline: "resumed",
      attempt: 1n,
      resumed: false,
      at: 0,
    });
    first.observe({ type: "log", level: "info", message: "first life" });
    await expect
      .poll(() => control.runs.get(interrupted))
      .toMatchObject({ log: [{ message: "first life" }] });
    await lease.release();
    expect((await control.runs.reap()).map(({ id }) => id)).toEqual([interrupted]);

    const run = newRunId();
    const next = await control.acquireLease("resumed", { run });
    const second = await control.runs.begin({ run, pipeline: "resumed", trigger: "schedule", lease: next });
    second.observe({
      type: "started",
      run: interrupted,
      pipeline: "resumed",
      attempt: 2n,
      resumed: true,
      at: 0,
    });
    second.observe({ type: "log", level: "info", message: "second life" });
    await expect
      .poll(() => control.runs.get(interrupted))
      .toMatchObject({ status: "running", resumed: true });
    // The first process was only stopped: what it still has to say must not undo what is true by now.
    await first.finish(report(interrupted, "resumed", { status: "failed", attempt: "1" }));
    await second.finish(report(interrupted, "resumed", { attempt: "2", resumed: true }));
    await next.release();

    const records = await control.runs.list({ pipeline: "resumed" });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ id: interrupted, status: "succeeded", attempt: "2", resumed: true });
    expect(records[0]?.log.map(({ message }) => message)).toEqual(["first life", "second life"]);
  });

  it("that was given up for dead is corrected when the run reports its end", async () => {
    const run = newRunId();
    const lease = await control.acquireLease("slow", { run });
    const recorder = await control.runs.begin({ run, pipeline: "slow", trigger: "manual", lease });
    await lease.release();
    expect(await control.runs.reap()).toHaveLength(1);
    recorder.observe({ type: "log", level: "info", message: "still here" });
    await recorder.finish(report(run, "slow"));
    expect(await control.runs.get(run)).toMatchObject({ status: "succeeded", error: null });
  });
});

describe("a control database that fails", () => {
  it("fails no run: the record goes to a file and comes back later", async () => {
    const run = newRunId();
    const recorder = await control.runs.begin({ run, pipeline: "offline", trigger: "manual" });
    await database.query("ALTER TABLE millrace_control.runs RENAME TO away");
    recorder.observe({ type: "log", level: "info", message: "unheard" });
    const kept = await recorder.finish(report(run, "offline"));
    expect(kept).toEqual({ kept: "file", path: join(fallbackDirectory, `run-${run}.json`) });
    expect(JSON.parse(await readFile(join(fallbackDirectory, `run-${run}.json`), "utf8"))).toMatchObject({
      id: run,
      status: "succeeded",
    });
    const unseen = newRunId();
    const blind = await control.runs.begin({ run: unseen, pipeline: "offline", trigger: "manual" });
    await blind.finish(report(unseen, "offline", { status: "failed" }));
    await database.query("ALTER TABLE millrace_control.away RENAME TO runs");

    const again = await openControl(url, { fallbackDirectory });
    expect(await again.runs.get(run)).toMatchObject({ status: "succeeded", log: [{ message: "unheard" }] });
    expect(await again.runs.get(unseen)).toMatchObject({ status: "failed" });
    await again.close();
    expect(await readdir(fallbackDirectory)).toEqual([]);
  });

  it("is named without its password when it cannot be reached", async () => {
    const wrong = new URL(url);
    wrong.password = "s3cret";
    await expect(openControl(wrong.href, { fallbackDirectory })).rejects.toMatchObject({
      code: "MLR_CONTROL_UNAVAILABLE",
      message: expect.not.stringContaining("s3cret"),
      hint: expect.stringContaining("MILLRACE_CONTROL_URL"),
    });
    await expect(openControl("mysql://x", { fallbackDirectory })).rejects.toMatchObject({
      code: "MLR_SETTINGS_INVALID",
    });
    const closed = new URL(url);
    closed.port = "1";
    await expect(openControl(closed.href, { fallbackDirectory })).rejects.toMatchObject({
      code: "MLR_CONTROL_UNAVAILABLE",
      retry: "later",
    });
  });
});

describe("finding runs", () => {
  it("lists the newest first, page by page", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const run = newRunId();
      ids.unshift(run);
      await (
        await control.runs.begin({ run, pipeline: "pages", trigger: "manual" })
      ).finish(report(run, "pages"));
    }
    const first = await control.runs.list({ pipeline: "pages", limit: 3 });
    expect(first.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    const second = await control.runs.list({ pipeline: "pages", limit: 3, before: first.at(-1)!.id });
    expect(second.map(({ id }) => id)).toEqual(ids.slice(3));
  });

  it("finds one by the beginning of its id", async () => {
    const [run] = await control.runs.list({ limit: 1 });
    const id = run!.id;
    expect((await control.runs.get(id.slice(0, 30).toUpperCase())).id).toBe(id);
    await expect(control.runs.get(id.slice(0, 4))).rejects.toMatchObject({
      code: "MLR_RUN_NOT_FOUND",
      message: expect.stringContaining("several"),
    });
    for (const none of ["00000000-0000-7000-8000-000000000000", "quakes", "", "%"]) {
      await expect(control.runs.get(none)).rejects.toMatchObject({ code: "MLR_RUN_NOT_FOUND" });
    }
  });
});
