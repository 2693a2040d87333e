import { afterEach, expect, test } from "vitest";
import { lokiDouble, type LokiBehaviour, type LokiDouble } from "../../../../../test/loki-double.ts";
import type { RoutedRecord } from "../../log-record.ts";
import { LokiSink, type LokiSinkOptions } from "./loki-sink.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function start(behaviour: LokiBehaviour = {}): Promise<LokiDouble> {
  const double = await lokiDouble(behaviour);
  open.push(double);
  return double;
}

function sinkOf(url: string, options: Partial<LokiSinkOptions> = {}): LokiSink {
  const sink = new LokiSink({
    name: "loki",
    url,
    labels: { service_name: "millrace" },
    labelsFrom: ["level", "pipeline", "group"],
    maxStreams: 500,
    maxLineBytes: 250_000,
    metadata: false,
    gzip: true,
    ...options,
  });
  open.push(sink);
  return sink;
}

const record = (ms: number, more: Partial<RoutedRecord> = {}): RoutedRecord => ({
  id: `id-${ms}`,
  at: new Date(Date.UTC(2026, 0, 1) + ms).toISOString(),
  level: "info",
  message: `at ${ms}`,
  pipeline: "quakes",
  run: "r1",
  ...more,
});
const never = new AbortController().signal;

test("a batch goes as one compressed request, a stream per combination of labels, its lines in order of time", async () => {
  const loki = await start({ tenant: "acme" });
  await sinkOf(loki.url, { tenant: "acme" }).write(
    [
      record(2),
      record(1),
      record(3, { level: "warn" }),
      record(4, { pipeline: "shop", fields: { page: 3 } }),
    ],
    never,
  );
  expect(loki.requests).toHaveLength(1);
  expect(loki.requests[0]?.headers).toMatchObject({
    "content-encoding": "gzip",
    "content-type": "application/json",
  });
  expect(loki.lines.map(({ labels, line }) => [labels, line["message"]])).toEqual([
    [{ service_name: "millrace", level: "info", pipeline: "quakes" }, "at 1"],
    [{ service_name: "millrace", level: "info", pipeline: "quakes" }, "at 2"],
    [{ service_name: "millrace", level: "warn", pipeline: "quakes" }, "at 3"],
    [{ service_name: "millrace", level: "info", pipeline: "shop" }, "at 4"],
  ]);
  expect(loki.lines[3]).toMatchObject({
    time: 1_767_225_600_004_000_000n,
    line: { run: "r1", fields: { page: 3 }, id: "id-4" },
  });
});

test("run and worker are structured metadata where that is wanted", async () => {
  const loki = await start();
  await sinkOf(loki.url, { metadata: true }).write([record(1, { attempt: 2 }), record(2)], never);
  expect(loki.lines.map(({ metadata }) => metadata)).toEqual([{ run: "r1", attempt: "2" }, { run: "r1" }]);
});

test("the number of streams is bounded, whatever comes", async () => {
  const loki = await start();
  const sink = sinkOf(loki.url, { maxStreams: 10 });
  for (let i = 0; i < 100; i += 1) await sink.write([record(i, { pipeline: `p${i}` })], never);
  const streams = new Set(loki.lines.map(({ labels }) => JSON.stringify(labels)));
  expect(streams.size).toBe(11);
  expect(loki.lines.at(-1)?.labels).toEqual({ service_name: "millrace", level: "info", pipeline: "other" });
  expect(loki.lines).toHaveLength(100);
});

test("lines that are too old for their stream go to a stream of their own", async () => {
  const loki = await start();
  const sink = sinkOf(loki.url);
  await sink.write([record(10 * 3_600_000)], never);
  expect(await sink.write([record(0), record(1000)], never)).toEqual([]);
  expect(loki.lines.filter(({ labels }) => labels["late"] === "true")).toHaveLength(2);
});

test("lines that Loki does not take at all for their age are refused, the others arrive", async () => {
  const loki = await start({ oldestMs: Date.UTC(2026, 0, 1) + 5 });
  const refused = await sinkOf(loki.url).write(
    Array.from({ length: 10 }, (_, i) => record(i)),
    never,
  );
  expect(refused.map(({ record: { message } }) => message)).toEqual(["at 0", "at 1", "at 2", "at 3", "at 4"]);
  expect(refused[0]?.reason).toContain("too old");
  expect(loki.lines).toHaveLength(5);
});

test("a line that is too long is shortened, its fields first", async () => {
  const loki = await start({ maxLineBytes: 5000 });
  await sinkOf(loki.url, { maxLineBytes: 5000 }).write(
    [record(1, { fields: { much: "x".repeat(10_000) } }), record(2, { message: "€".repeat(10_000) })],
    never,
  );
  expect(loki.lines[0]?.line).toMatchObject({ message: "at 1", fields: { cut: "the fields were too long" } });
  expect(String(loki.lines[1]?.line["message"])).toMatch(/^€+$/);
});

test.for([
  [429, { "retry-after": "3" }, 3000],
  [500, {}, undefined],
  [503, {}, undefined],
  [401, {}, undefined],
] as const)("status %d is tried again later, not refused", async ([status, headers, retryAfterMs]) => {
  const loki = await start({ instead: () => ({ status, headers, body: "no" }) });
  await expect(sinkOf(loki.url).write([record(1), record(2)], never)).rejects.toMatchObject({
    code: "MLR_LOG_SINK_FAILED",
    retry: "later",
    details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
  expect(loki.requests).toHaveLength(1);
});

test("user and password, or a token, are sent and never said", async () => {
  const seen: (string | undefined)[] = [];
  const loki = await start({
    instead: ({ headers }) => (seen.push(headers.authorization), { status: 403, body: "forbidden" }),
  });
  for (const options of [{ user: "ann", password: "hunter2-hunter2" }, { token: "hunter2-hunter2" }]) {
    const write = sinkOf(loki.url, options).write([record(1)], never);
    await expect(write).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") as unknown });
  }
  expect(seen).toEqual([
    `Basic ${Buffer.from("ann:hunter2-hunter2").toString("base64")}`,
    "Bearer hunter2-hunter2",
  ]);
});
