import { createServer } from "node:http";
import { execFile } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  executeRun,
  MillraceError,
  type Message,
  type PipelineOptions,
  pipeline,
  redactor,
  type RunReport,
  type Transform,
} from "@millrace/core";
import { failingSource, memoryDestination, memorySource } from "@millrace/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../src/telemetry/metrics/index.ts";
import {
  ATTRIBUTES,
  AttemptTrace,
  exportMetrics,
  formatTraceparent,
  isSampled,
  parseTraceparent,
  RunTrace,
  SPANS,
  Spans,
  type SpanPlace,
  traceIdOf,
} from "../../src/telemetry/trace/index.ts";
import { withoutValues } from "../../src/telemetry/trace/trace-facts.ts";
import { type ArrivedSpan, type OtlpDouble, otlpDouble } from "./otlp-double.ts";

const RUN = "01a20284-8914-7000-a179-d6b5dbe47dc0";
const PARENT: SpanPlace = { traceId: traceIdOf(RUN), spanId: "00f067aa0ba902b7", sampled: true };

let collector: OtlpDouble;
beforeEach(async () => {
  collector = await otlpDouble();
});
afterEach(async () => {
  const { problems } = collector;
  await collector.close();
  if (problems.length > 0) throw new Error(`what arrived is not as published: ${problems.join("; ")}`);
});

function openSpans(given: Partial<ConstructorParameters<typeof Spans>[0]> = {}): {
  spans: Spans;
  warnings: string[];
} {
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  return { spans: new Spans({ endpoint: collector.url, version: "1.2.3", warn, ...given }), warnings };
}

const page = (rows: number, number: number): Message => ({
  type: "rows",
  stream: "people",
  slice: "all",
  rows: Array.from({ length: rows }, (_, id) => ({ id: number * 1_000 + id })),
  position: { file: `page ${number}` },
});
const keep: Transform = { kind: "keep", holds: "nothing", apply: (batch) => batch };

async function traced(
  options: Partial<PipelineOptions>,
  spans: Spans,
  parent?: SpanPlace,
): Promise<RunReport> {
  let attempt = 0n;
  const trace = new RunTrace({ spans, run: RUN, pipeline: "people", group: "staff", parent });
  const report = await executeRun({
    pipeline: pipeline("people", {
      source: memorySource([page(2, 1), page(3, 2)]),
      destination: memoryDestination().table("people", { key: ["id"] }),
      retry: { attempts: 2, delayMs: 0, maxDelayMs: 0 },
      ...options,
    }),
    environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: RUN,
    attempts: { next: () => Promise.resolve(++attempt) },
    observe: (event) => trace.observe(event),
    steps: trace.steps,
  });
  trace.end(report);
  return report;
}

const named = (name: string): ArrivedSpan[] => collector.spans.filter((span) => span.name === name);

describe("the trace of a run", () => {
  it("is one trace with the run's id, with spans for each page, transform, write and commit", async () => {
    const { spans, warnings } = openSpans();
    expect((await traced({ transforms: [keep] }, spans)).status).toBe("succeeded");
    await spans.close(5_000);
    expect(warnings).toEqual([]);
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(
      new Set([RUN.replaceAll("-", "")]),
    );
    const [run] = named("run people");
    expect(run).toMatchObject({
      parentSpanId: "",
      kind: 5,
      status: 0,
      attributes: {
        "millrace.run": RUN,
        "millrace.pipeline": "people",
        "millrace.group": "staff",
        "millrace.status": "succeeded",
        "millrace.rows.read": 5,
        "millrace.rows.inserted": 5,
      },
      resource: { "service.name": "millrace", "service.version": "1.2.3" },
    });
    const [attempt] = named("attempt");
    expect(attempt?.parentSpanId).toBe(run?.spanId);
    expect(named("read").map(({ attributes }) => attributes)).toEqual([
      { "millrace.stream": "people", "millrace.slice": "all", "millrace.from": "page 1", "millrace.rows": 2 },
      { "millrace.stream": "people", "millrace.slice": "all", "millrace.from": "page 2", "millrace.rows": 3 },
    ]);
    expect(named("transform").map(({ attributes }) => attributes["millrace.rows_out"])).toEqual([2, 3]);
    expect(named("write").map(({ attributes }) => attributes["millrace.rows"])).toEqual([2, 3]);
    expect(named("commit").map(({ attributes }) => attributes)).toEqual([
      { "millrace.commit": 1, "millrace.final": true },
    ]);
    for (const name of ["open", "read", "transform", "write", "commit"]) {
      expect(
        named(name).every(({ parentSpanId }) => parentSpanId === attempt?.spanId),
        name,
      ).toBe(true);
    }
  });

  it("has nothing but what its specification says", async () => {
    const { spans } = openSpans();
    await traced(
      { transforms: [keep], source: failingSource(memorySource([page(2, 1)]), { afterRows: 1 }) },
      spans,
    );
    await spans.close(5_000);
    expect(collector.spans.length).toBeGreaterThan(5);
    const kinds = { internal: 1, client: 3, consumer: 5 } as const;
    for (const { name, kind, attributes } of collector.spans) {
      const spec = SPANS[name.split(" ")[0] as keyof typeof SPANS];
      expect(kind, name).toBe(kinds[spec.kind]);
      expect(spec.attributes, name).toEqual(expect.arrayContaining(Object.keys(attributes)));
      for (const [attribute, value] of Object.entries(attributes)) {
        const { type } = ATTRIBUTES[attribute as keyof typeof ATTRIBUTES];
        expect(typeof value, attribute).toBe(type === "int" || type === "double" ? "number" : type);
      }
    }
  });

  it("lies under the worker's span, and leaves that to the worker", async () => {
    const { spans } = openSpans();
    await traced({}, spans, PARENT);
    await spans.close(5_000);
    expect(named("run people")).toEqual([]);
    expect(named("attempt")[0]).toMatchObject({ traceId: PARENT.traceId, parentSpanId: PARENT.spanId });
  });

  it("tells why a try failed, which error the run ended with, and what was tried again", async () => {
    const { spans } = openSpans();
    const source = failingSource(memorySource([page(2, 1)]), { afterRows: 1, times: 5 });
    expect((await traced({ source }, spans)).status).toBe("failed");
    await spans.close(5_000);
    expect(named("attempt")).toHaveLength(2);
    expect(named("attempt")[0]).toMatchObject({
      status: 2,
      attributes: { "millrace.attempt": 1, "error.type": "MLR_SOURCE_FAILED" },
      events: [{ name: "exception", attributes: { "exception.type": "MLR_SOURCE_FAILED" } }],
    });
    expect(named("run people")[0]).toMatchObject({ status: 2, attributes: { "millrace.status": "failed" } });
    expect(named("run people")[0]?.events.map(({ name }) => name)).toEqual(["retrying", "exception"]);
  });

  it("holds no secrets: in messages, statements, addresses and headers", async () => {
    redactor.add("hunter2-hunter2");
    const { spans } = openSpans({ headers: "authorization=Bearer%20tok3n-of-collector" });
    const trace = new RunTrace({ spans, run: RUN, pipeline: "people" });
    trace.observe({
      type: "statement",
      database: "crm",
      kind: "postgres",
      operation: "query",
      text: "SELECT * FROM people WHERE token = 'hunter2-hunter2' AND pin = 4711 -- 4712",
      durationMs: 2,
      rows: 1,
    });
    const server = createServer((_, response) => response.writeHead(404).end("no")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const end = trace.steps("read", {});
    await (await fetch(`http://127.0.0.1:${port}/items?key=hunter2-hunter2&page=2`)).text();
    end?.({ stream: "items", slice: "all", rows: 1, from: "http://x/?key=hunter2-hunter2" });
    server.closeAllConnections();
    server.close();
    const error = new MillraceError("MLR_SOURCE_FAILED", "the login hunter2-hunter2 was refused");
    trace.end({ status: "failed", tables: {}, error: error.toJSON() });
    await spans.close(5_000);
    expect(
      JSON.stringify(collector.spans, (_, value: unknown) =>
        typeof value === "bigint" ? String(value) : value,
      ),
    ).not.toMatch(/hunter2|4711|4712|tok3n/);
    expect(collector.headers[0]?.authorization).toBe("Bearer tok3n-of-collector");
    expect(named("statement")[0]).toMatchObject({
      kind: 3,
      attributes: {
        "db.system.name": "postgresql",
        "db.namespace": "crm",
        "db.query.text": "SELECT * FROM people WHERE token = ? AND pin = ?",
      },
    });
    const [get] = named("GET");
    expect(get).toMatchObject({
      kind: 3,
      status: 2,
      attributes: {
        "http.request.method": "GET",
        "http.response.status_code": 404,
        "url.full": `http://127.0.0.1:${port}/items`,
        "server.address": "127.0.0.1",
        "server.port": port,
        "error.type": "404",
      },
    });
    expect(get?.parentSpanId).toBe(named("read")[0]?.spanId);
  });

  it("merges steps that come too fast, and loses none in the sums", async () => {
    const { spans } = openSpans();
    const pages = Array.from({ length: 1_000 }, (_, index) => page(2, index));
    await traced({ source: memorySource(pages) }, spans);
    await spans.close(5_000);
    const reads = named("read");
    expect(reads.length).toBeLessThan(300);
    const sum = (name: string): number =>
      reads.reduce((total, { attributes }) => total + Number(attributes[name] ?? 0), 0);
    // The last message is the end of the source.
    expect(reads.length + sum("millrace.merged.count")).toBeGreaterThanOrEqual(1_000);
    expect(sum("millrace.rows") + sum("millrace.merged.rows")).toBe(2_000);
  });

  it("is not sent where it is not sampled", async () => {
    const { spans } = openSpans();
    await traced({}, spans, { ...PARENT, sampled: false });
    await spans.close(5_000);
    expect(collector.headers).toEqual([]);
  });
});

describe("the worker's span of a run", () => {
  const claim = {
    id: RUN,
    pipeline: "people",
    group: undefined,
    queue: "default",
    trigger: "schedule",
    tries: 2,
    waitedMs: 50,
    lateMs: 60,
    continues: undefined,
  };

  it("is there also where the process was killed, with how it ended", async () => {
    const { spans } = openSpans();
    const trace = new AttemptTrace(claim, spans, 1);
    trace.began(Date.now() + 5);
    trace.retrying("MLR_SOURCE_FAILED");
    const lastException = { message: "out of memory" };
    trace.ended({
      outcome: "queued",
      end: { exitCode: null, signal: "SIGKILL", peakMemoryBytes: 5e8, cpuMs: 12, lastException },
    });
    await spans.close(5_000);
    const [run] = named("run people");
    expect(run).toMatchObject({
      traceId: RUN.replaceAll("-", ""),
      status: 2,
      message: "Its process ended with SIGKILL: out of memory",
      attributes: { "millrace.try": 2, "millrace.status": "queued", "millrace.process.signal": "SIGKILL" },
    });
    expect(parseTraceparent(trace.traceparent)).toEqual({
      traceId: run?.traceId,
      spanId: run?.spanId,
      sampled: true,
    });
    expect(named("wait")[0]).toMatchObject({ parentSpanId: run?.spanId, start: run?.start });
    expect(Number((named("wait")[0]?.end ?? 0n) - (named("wait")[0]?.start ?? 0n)) / 1e6).toBeCloseTo(50, 2);
    expect(named("start")).toHaveLength(1);
  });

  it("names the interrupted run that its process went on with", async () => {
    const { spans } = openSpans();
    const trace = new AttemptTrace(claim, spans, 1);
    const interrupted = "01a20284-0000-7000-a179-d6b5dbe47dc0";
    const report = { ...(await traced({}, spans, PARENT)), run: interrupted };
    const end = { exitCode: 0, signal: null, peakMemoryBytes: 1, cpuMs: 1, lastException: null };
    trace.ended({ outcome: "succeeded", report, end });
    await spans.close(5_000);
    expect(named("run people")[0]).toMatchObject({
      status: 0,
      attributes: { "millrace.continues": interrupted, "millrace.rows.inserted": 5, "process.exit.code": 0 },
    });
  });
});

describe("a collector", () => {
  it("that is down makes nobody wait, and is told of once", async () => {
    const { spans, warnings } = openSpans({ endpoint: "http://127.0.0.1:9", timeoutMs: 300, delayMs: 10 });
    expect((await traced({}, spans)).status).toBe("succeeded");
    await expect.poll(() => spans.failing).toBe(true);
    await traced({}, spans);
    const before = performance.now();
    await spans.close(60_000);
    // Where nothing arrives nothing is waited for; sixty seconds were allowed.
    expect(performance.now() - before).toBeLessThan(30_000);
    expect(warnings).toEqual([expect.stringContaining("Traces do not arrive at http://127.0.0.1:9")]);
    expect(spans.stats.failed).toBeGreaterThan(0);
  });

  it("that never answers holds nobody up longer than allowed", async () => {
    collector.answer("hang");
    const { spans } = openSpans({ delayMs: 10 });
    expect((await traced({}, spans)).status).toBe("succeeded");
    const before = performance.now();
    await spans.close(200);
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(spans.stats.sent).toBe(0);
  });

  it("that does not keep up makes spans be dropped and counted, not kept without end", () => {
    const { spans } = openSpans();
    const record = { span: "read", place: PARENT, startMs: 1, endMs: 2, attributes: {} } as const;
    for (let index = 0; index < 10_000; index++) spans.add(record);
    expect(spans.stats.dropped).toBe(10_000 - 4_096);
  });

  it("that refuses is told of, and gets what comes later when it takes it again", async () => {
    collector.answer(400);
    const { spans, warnings } = openSpans({ delayMs: 10 });
    await traced({}, spans);
    await expect.poll(() => spans.failing).toBe(true);
    collector.answer(200);
    await traced({}, spans);
    await expect.poll(() => spans.failing).toBe(false);
    await spans.close(5_000);
    expect(named("run people").length).toBeGreaterThan(0);
    expect(warnings).toHaveLength(1);
  });

  it("is sent nothing where the packages are not installed, which is told with what to do", async () => {
    const child = fileURLToPath(new URL("../children/spans-without-packages.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=@millrace/source", child]);
    expect(JSON.parse(stdout)).toEqual({
      warnings: [expect.stringContaining("Run: npm install @opentelemetry/sdk-trace@2 ")],
      failing: true,
      stats: { sent: 0, failed: 0, dropped: 2 },
    });
  });

  it("gets the metrics of /metrics as well", async () => {
    const metrics = new Metrics();
    metrics.add("millrace_commits_total", { pipeline: "people" }, 3);
    metrics.set("millrace_worker_up", 1);
    metrics.observe("millrace_queue_wait_seconds", 0.002, { queue: "default" });
    metrics.observe("millrace_queue_wait_seconds", 7, { queue: "default" });
    const end = await exportMetrics(metrics, { endpoint: `${collector.url}/`, version: "1" });
    await end(5_000);
    const of = (name: string) => collector.metrics.find((metric) => metric.name === name);
    expect(of("millrace_commits_total")).toMatchObject({
      kind: "sum",
      unit: "{commits}",
      points: [{ attributes: { pipeline: "people" }, asDouble: 3 }],
    });
    expect(of("millrace_worker_up")).toMatchObject({ kind: "gauge", points: [{ asDouble: 1 }] });
    expect(of("millrace_queue_wait_seconds")).toMatchObject({ kind: "histogram", unit: "s" });
    const [point] = of("millrace_queue_wait_seconds")?.points ?? [];
    expect(point).toMatchObject({ count: 2n, sum: 7.002 });
    const buckets = (point?.["bucketCounts"] ?? []) as readonly bigint[];
    const bounds = (point?.["explicitBounds"] ?? []) as readonly number[];
    expect(buckets.reduce((sum, each) => sum + each, 0n)).toBe(2n);
    expect(buckets.length).toBe(bounds.length + 1);
  });
});

describe("places of spans", () => {
  it("are written and read as W3C Trace Context has them", () => {
    expect(formatTraceparent(PARENT)).toBe(`00-${PARENT.traceId}-00f067aa0ba902b7-01`);
    expect(parseTraceparent(formatTraceparent(PARENT))).toEqual(PARENT);
    expect(parseTraceparent(`cc-${PARENT.traceId}-00f067aa0ba902b7-00-more`)?.sampled).toBe(false);
    for (const bad of [
      "",
      "00",
      `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
      `00-${PARENT.traceId}-${"0".repeat(16)}-01`,
      `ff-${PARENT.traceId}-00f067aa0ba902b7-01`,
      `00-${PARENT.traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    ]) {
      expect(parseTraceparent(bad), bad).toBeUndefined();
    }
  });

  it("are sampled by the run's id, at about the share that is asked for", () => {
    const ids = Array.from({ length: 2_000 }, () => traceIdOf(crypto.randomUUID()));
    expect(ids.every((id) => isSampled(id, 1))).toBe(true);
    expect(ids.some((id) => isSampled(id, 0))).toBe(false);
    const kept = ids.filter((id) => isSampled(id, 0.25)).length;
    expect(kept).toBeGreaterThan(400);
    expect(kept).toBeLessThan(600);
  });
});

describe("statements", () => {
  it.each([
    [
      "SELECT a1, \"b2\" FROM t3 WHERE x = 'it''s' AND y > -1.5e3",
      'SELECT a1, "b2" FROM t3 WHERE x = ? AND y > ?',
      "postgres",
    ],
    ["SELECT $1, $$se$cret$$, $q$x$q$, E'a\\'b'", "SELECT $1, ?, ?, ?", "postgres"],
    ["SELECT 'a\\'secret', \"secret\" FROM `t1`", "SELECT ?, ? FROM `t1`", "mariadb"],
    ["SELECT 'never closed", "SELECT ?", "postgres"],
    [
      "UPDATE t SET x = 0xFF /* pw=abc */ WHERE id IN (1, 2)",
      "UPDATE t SET x = ? WHERE id IN (?, ?)",
      "sqlserver",
    ],
  ])("are told without values: %s", (statement, wanted, kind) => {
    expect(withoutValues(statement, kind)).toBe(wanted);
  });
});
