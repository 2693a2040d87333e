import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  METRICS,
  Metrics,
  type MetricsServer,
  type MetricsServerOptions,
  openMetricsServer,
  RunMetrics,
  watchProcess,
} from "../../src/telemetry/metrics/index.ts";
import { parseScrape, valueOf } from "./prometheus-text.ts";

const ended = {
  outcome: "succeeded",
  durationMs: 400,
  exitCode: 0,
  signal: null,
  peakMemoryBytes: 1e8,
  cpuMs: 200,
  exceptions: 0,
};
const started = { pipeline: "quakes", queue: "default", tries: 1, waitedMs: 3, lateMs: 5 };
const counts = {
  read: 5,
  inserted: 2,
  updated: 1,
  unchanged: 1,
  removed: 4,
  restored: 0,
  rejected: 1,
  duplicates: 0,
};

describe("metrics", () => {
  it("are told in the text format of Prometheus, each with its type and its meaning", async () => {
    const metrics = new Metrics();
    const scrape = parseScrape(await metrics.text());
    expect([...scrape.keys()].sort()).toEqual(Object.keys(METRICS).sort());
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(scrape.get(name)).toMatchObject({ type, help });
    }
  });

  it("have names that say what they count: counters end in _total, and units are base units", () => {
    for (const [name, { type, unit }] of Object.entries(METRICS)) {
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name, name).toMatch(/^(millrace|process|nodejs)_[a-z0-9_]+$/);
      if (unit === "seconds" || unit === "bytes")
        expect(name, name).toMatch(new RegExp(`_${unit}(_total)?$`));
    }
  });

  it("count runs by pipeline and status, and their rows by table", async () => {
    const metrics = new Metrics();
    const runs = new RunMetrics(metrics);
    runs.started(started);
    runs.event("quakes", {
      type: "committed",
      commit: 1n,
      tables: { quakes: counts },
      totals: {},
      checkpoints: {},
    });
    runs.event("quakes", { type: "retrying", attempt: 2, delayMs: 1, error: { code: "X", message: "" } });
    runs.ended("quakes", { ...ended, outcome: "queued", signal: "SIGKILL", exitCode: null });
    runs.started({ ...started, tries: 2, lateMs: undefined });
    runs.began("default", 12);
    runs.ended("quakes", ended);
    const scrape = parseScrape(await metrics.text());
    const pipeline = "quakes";
    expect(valueOf(scrape, "millrace_runs_started_total", { pipeline, queue: "default" })).toBe(1);
    expect(valueOf(scrape, "millrace_runs_finished_total", { pipeline, status: "succeeded" })).toBe(1);
    expect(valueOf(scrape, "millrace_runs_finished_total", { pipeline, status: "queued" })).toBeUndefined();
    expect(valueOf(scrape, "millrace_run_attempts_total", { pipeline, status: "queued" })).toBe(1);
    expect(valueOf(scrape, "millrace_run_process_exits_total", { status: "SIGKILL" })).toBe(1);
    expect(valueOf(scrape, "millrace_run_duration_seconds_count", { pipeline })).toBe(2);
    expect(valueOf(scrape, "millrace_rows_read_total", { pipeline, table: "quakes" })).toBe(5);
    expect(valueOf(scrape, "millrace_rows_removed_total", { pipeline, table: "quakes" })).toBe(4);
    expect(valueOf(scrape, "millrace_run_retries_total", { pipeline })).toBe(1);
    expect(valueOf(scrape, "millrace_schedule_lateness_seconds_count", { queue: "default" })).toBe(1);
    expect(valueOf(scrape, "millrace_schedule_lateness_seconds_sum", { queue: "default" })).toBeCloseTo(
      0.005,
    );
    expect(valueOf(scrape, "millrace_run_start_seconds_sum", { queue: "default" })).toBeCloseTo(0.012);
  });

  it("keep a bounded number of names, whatever pipelines, tables and queues are called", async () => {
    const metrics = new Metrics({ pipelines: 3, tables: 4, queues: 2 });
    for (let index = 0; index < 1_000; index++) {
      metrics.add("millrace_rows_read_total", { pipeline: `p${index % 50}`, table: `t${index}` });
      metrics.observe("millrace_queue_wait_seconds", 1, { queue: `q${index}` });
    }
    const scrape = parseScrape(await metrics.text());
    const rows = scrape.get("millrace_rows_read_total")?.samples ?? [];
    expect(new Set(rows.map(({ labels }) => labels["pipeline"]))).toEqual(
      new Set(["p0", "p1", "p2", "other"]),
    );
    expect(rows.length).toBeLessThanOrEqual(4 + 4);
    expect(rows.reduce((sum, { value }) => sum + value, 0)).toBe(1_000);
    const queues = scrape.get("millrace_queue_wait_seconds")?.samples ?? [];
    expect(new Set(queues.map(({ labels }) => labels["queue"]))).toEqual(new Set(["q0", "q1", "other"]));
  });

  it("escape what names hold, and count nothing that is no number", async () => {
    const metrics = new Metrics();
    metrics.add("millrace_commits_total", { pipeline: 'a "b"\\\n{c}' });
    metrics.add("millrace_commits_total", { pipeline: "x" }, Number.NaN);
    metrics.add("millrace_commits_total", { pipeline: "x" }, -1);
    metrics.observe("millrace_queue_wait_seconds", Number.NaN, { queue: "q" });
    metrics.set("millrace_events_waiting", Number.POSITIVE_INFINITY);
    const scrape = parseScrape(await metrics.text());
    expect(scrape.get("millrace_commits_total")?.samples).toEqual([
      { name: "millrace_commits_total", labels: { pipeline: 'a "b"\\\n{c}' }, value: 1 },
    ]);
    expect(scrape.get("millrace_events_waiting")?.samples).toEqual([]);
  });

  it("are told although one that gives values fails or never answers", async () => {
    const metrics = new Metrics();
    metrics.onCollect(() => Promise.reject(new Error("no")));
    metrics.onCollect(() => new Promise(() => undefined));
    metrics.onCollect(() => metrics.set("millrace_worker_up", 1));
    expect(valueOf(parseScrape(await metrics.text()), "millrace_worker_up")).toBe(1);
  });

  it("tell what the process uses", async () => {
    const metrics = new Metrics();
    const end = watchProcess(metrics);
    const scrape = parseScrape(await metrics.text());
    end();
    expect(valueOf(scrape, "process_resident_memory_bytes")).toBeGreaterThan(1e7);
    expect(valueOf(scrape, "process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(valueOf(scrape, "nodejs_eventloop_lag_max_seconds")).toBeGreaterThanOrEqual(0);
  });
});

describe("the server", () => {
  const servers: MetricsServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function open(
    options: Partial<MetricsServerOptions> = {},
  ): Promise<{ url: string | undefined; warnings: string[] }> {
    const warnings: string[] = [];
    const server = await openMetricsServer({
      metrics: new Metrics(),
      warn: (text) => warnings.push(text),
      ...options,
    });
    if (server !== undefined) servers.push(server);
    return { url: server?.url, warnings };
  }

  async function takenPort(): Promise<{ port: number; close: () => Promise<void> }> {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    return {
      port: (taken.address() as AddressInfo).port,
      close: async () => {
        taken.close();
        await once(taken, "close");
      },
    };
  }

  async function freePort(): Promise<number> {
    const { port, close } = await takenPort();
    await close();
    return port;
  }

  it("answers /metrics and /health, and nothing else", async () => {
    const { url = "" } = await open({
      port: await freePort(),
      ready: { worker: () => ({ ok: true, text: "takes runs" }) },
    });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(parseScrape(await metrics.text()).size).toBe(Object.keys(METRICS).length);
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ ok: true });
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({
      ok: true,
      checks: { worker: { ok: true, text: "takes runs" } },
    });
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: "POST", body: "x" })).status).toBe(405);
    const head = await fetch(`${url}/metrics`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("is not ready while a check fails, throws or does not answer, and tells no secrets of why", async () => {
    const { url = "" } = await open({
      port: await freePort(),
      ready: {
        database: () => Promise.reject(new Error("password s3cr3t")),
        slow: () => new Promise(() => undefined),
        worker: () => ({ ok: true, text: "takes runs" }),
      },
    });
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    const text = await ready.text();
    expect(text).not.toContain("s3cr3t");
    expect(JSON.parse(text)).toMatchObject({
      ok: false,
      checks: { database: { ok: false, text: "failed" }, slow: { ok: false }, worker: { ok: true } },
    });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it("is not there where the port is 0, and where the port that was named is taken", async () => {
    expect((await open({ port: 0 })).url).toBeUndefined();
    const taken = await takenPort();
    const { url, warnings } = await open({ port: taken.port });
    expect(url).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(`port ${taken.port} (it is taken)`)]);
    expect(warnings[0]).toContain("MILLRACE_METRICS_PORT");
    await taken.close();
  });

  it("takes the next port where none was named, and says which", async () => {
    const first = await open();
    const second = await open();
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:94\d\d$/);
    expect(second.url).not.toBe(first.url);
    expect(second.warnings).toEqual([expect.stringContaining(`${second.url}/metrics`)]);
  });
});
