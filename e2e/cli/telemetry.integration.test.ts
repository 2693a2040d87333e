import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type OtlpDouble, otlpDouble } from "../../packages/platform/test/telemetry/otlp-double.ts";
import {
  parseScrape,
  type Scraped,
  valueOf,
} from "../../packages/platform/test/telemetry/prometheus-text.ts";
import { type Running, type TestProject, testProject } from "./cli.ts";

const PIPELINES = `import { pipeline, postgres } from "millrace";
const source = async function* () { for (let id = 0; id < 5; id++) yield { id, name: "n" + id }; };
export default [
  pipeline("quick", { source, destination: postgres().table("quick", { key: ["id"], mode: "merge" }) }),
  pipeline("ends", {
    source: async function* () { process.kill(process.pid, "SIGKILL"); yield { id: 1 }; },
    limits: { attempts: 1 },
    destination: postgres().table("ends", { mode: "append" }),
  }),
];
`;

let collector: OtlpDouble;
let project: TestProject;
let database: FreshDatabase;
const started: Running[] = [];

beforeAll(async () => {
  collector = await otlpDouble();
  database = await freshDatabase();
  project = await testProject(
    { "pipelines/all.ts": PIPELINES },
    {
      MILLRACE_DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      MILLRACE_OTLP_HEADERS: "x-team=tok3n-of-team",
    },
  );
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});
afterAll(async () => {
  await project.remove();
  await database.drop();
  await collector.close();
});

/** Starts it, and resolves with where its metrics are. */
async function serve(...args: string[]): Promise<{ url: string; running: Running }> {
  const running = project.start(...args);
  started.push(running);
  let said = "";
  running.child.stderr?.on("data", (chunk: string) => (said += chunk));
  await running.says("Metrics: ");
  const url = /Metrics: (\S+)\/metrics/.exec(said)?.[1];
  if (url === undefined) throw new Error(`it does not say where its metrics are:\n${said}`);
  return { url, running };
}

const scrape = async (url: string): Promise<Map<string, Scraped>> =>
  parseScrape(await (await fetch(`${url}/metrics`)).text());

const named = (name: string) => collector.spans.filter((span) => span.name === name);

test(
  "a worker tells its runs at /metrics, and a run is one trace of its worker and its process",
  { timeout: 120_000 },
  async () => {
    const { url: schedulerUrl } = await serve("scheduler");
    const { url, running } = await serve("worker");
    expect(url).not.toBe(schedulerUrl);
    await project.millrace("run", "quick", "--queue");
    await project.millrace("run", "ends", "--queue");
    const pipeline = "quick";
    await expect
      .poll(
        async () =>
          valueOf(await scrape(url), "millrace_runs_finished_total", { pipeline, status: "succeeded" }),
        { timeout: 30_000 },
      )
      .toBe(1);
    await expect
      .poll(
        async () => valueOf(await scrape(url), "millrace_run_process_exits_total", { status: "SIGKILL" }),
        { timeout: 30_000 },
      )
      .toBe(1);
    const metrics = await scrape(url);
    expect(valueOf(metrics, "millrace_rows_inserted_total", { pipeline, table: "quick" })).toBe(5);
    expect(valueOf(metrics, "millrace_run_start_seconds_count", { queue: "default" })).toBeGreaterThanOrEqual(
      1,
    );
    expect(valueOf(metrics, "millrace_runs_finished_total", { pipeline: "ends", status: "died" })).toBe(1);
    expect(valueOf(metrics, "millrace_worker_up")).toBe(1);
    expect(valueOf(metrics, "millrace_worker_slots", { status: "free" })).toBe(4);
    expect(valueOf(metrics, "millrace_database_up")).toBe(1);
    // Of the whole platform one process tells: the one that keeps the schedules.
    expect(valueOf(metrics, "millrace_pipelines", { status: "enabled" })).toBeUndefined();
    const led = await scrape(schedulerUrl);
    expect(valueOf(led, "millrace_scheduler_up")).toBe(1);
    expect(valueOf(led, "millrace_pipelines", { status: "enabled" })).toBe(2);
    expect(valueOf(led, "millrace_queue_runs", { queue: "default", status: "ready" })).toBe(0);
    expect(valueOf(led, "millrace_workers", { queue: "default", status: "alive" })).toBe(1);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(collector.problems).toEqual([]);
    const [run] = named("run quick");
    expect(run?.attributes).toMatchObject({ "millrace.status": "succeeded", "millrace.rows.inserted": 5 });
    expect(run?.traceId).toBe(String(run?.attributes["millrace.run"]).replaceAll("-", ""));
    const [attempt] = named("attempt").filter(({ traceId }) => traceId === run?.traceId);
    expect(attempt?.parentSpanId).toBe(run?.spanId);
    for (const name of ["wait", "start", "open", "read", "write", "commit"]) {
      expect(named(name).filter(({ traceId }) => traceId === run?.traceId).length, name).toBeGreaterThan(0);
    }
    const [database] = named("commit");
    expect(database?.attributes["db.system.name"]).toBe("postgresql");
    expect(named("run ends")[0]).toMatchObject({
      status: 2,
      attributes: { "millrace.process.signal": "SIGKILL", "millrace.status": "died" },
    });
    expect(collector.metrics.some(({ name }) => name === "millrace_runs_finished_total")).toBe(true);
    expect(collector.headers.every((headers) => headers["x-team"] === "tok3n-of-team")).toBe(true);
  },
);

test("a run by hand is a trace of its own", async () => {
  const { code } = await project.millrace("run", "quick");
  expect(code).toBe(0);
  expect(collector.problems).toEqual([]);
  const run = named("run quick").find(
    ({ attributes }) =>
      attributes["millrace.trigger"] === "manual" && attributes["millrace.queue"] === undefined,
  );
  expect(run?.attributes).toMatchObject({ "millrace.status": "succeeded", "millrace.rows.read": 5 });
});
