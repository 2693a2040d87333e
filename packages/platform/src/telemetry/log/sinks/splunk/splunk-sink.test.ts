import { manualClock } from "@millrace/core/testing";
import { systemClock } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import {
  SPLUNK_TOKEN,
  type SplunkBehaviour,
  splunkDouble,
  type SplunkDouble,
} from "../../../../../test/splunk-double.ts";
import type { RoutedRecord } from "../../log-record.ts";
import { SplunkSink, type SplunkSinkOptions } from "./splunk-sink.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function start(behaviour: SplunkBehaviour = {}): Promise<SplunkDouble> {
  const double = await splunkDouble(behaviour);
  open.push(double);
  return double;
}

function sinkOf(url: string, options: Partial<SplunkSinkOptions> = {}): SplunkSink {
  const sink = new SplunkSink({
    name: "splunk",
    url,
    token: SPLUNK_TOKEN,
    source: "millrace",
    sourcetype: "_json",
    gzip: true,
    acknowledge: false,
    acknowledgeMs: 60_000,
    clock: systemClock,
    ...options,
  });
  open.push(sink);
  return sink;
}

const RECORD: RoutedRecord = {
  id: "0198c2a4-5b1e-7000-8f3a-1f0c2b9d4e5f",
  at: "2026-01-01T00:00:00.123Z",
  level: "warn",
  message: "slow\npage",
  run: "r1",
  attempt: 2,
  pipeline: "quakes",
  fields: { page: 3, nested: { a: [1] } },
};
const records = (count: number): RoutedRecord[] =>
  Array.from({ length: count }, (_, i) => ({ ...RECORD, id: `id-${i}`, message: `line ${i}` }));
const never = new AbortController().signal;

test("a batch goes as one compressed request of events in the documented shape", async () => {
  const splunk = await start();
  await sinkOf(splunk.url, { index: "etl" }).write([RECORD, { ...RECORD, id: "2" }], never);
  expect(splunk.requests).toHaveLength(1);
  expect(splunk.requests[0]?.headers).toMatchObject({
    "content-encoding": "gzip",
    authorization: `Splunk ${SPLUNK_TOKEN}`,
  });
  expect(splunk.events[0]).toEqual({
    time: 1_767_225_600.123,
    host: expect.any(String) as unknown,
    source: "millrace",
    sourcetype: "_json",
    index: "etl",
    event: {
      at: RECORD.at,
      level: "warn",
      id: RECORD.id,
      message: "slow\npage",
      run: "r1",
      attempt: 2,
      pipeline: "quakes",
      fields: { page: 3, nested: { a: [1] } },
    },
    fields: { level: "warn", run: "r1", pipeline: "quakes" },
  });
});

test("a base URL may have a path, and compression can be switched off", async () => {
  const paths: string[] = [];
  const splunk = await start({
    instead: ({ path }) => (paths.push(path), { status: 200, body: '{"text":"Success","code":0}' }),
  });
  await sinkOf(`${splunk.url}/proxy`, { gzip: false }).write([RECORD], never);
  expect(paths).toEqual(["/proxy/services/collector/event"]);
  expect(splunk.requests[0]?.headers["content-encoding"]).toBeUndefined();
});

test.for([
  [503, 9, "Server is busy"],
  [500, 8, "Internal server error"],
  [403, 4, "Invalid token"],
  [400, 7, "Incorrect index"],
  [429, -1, "Too many requests"],
  [502, -1, "<html>bad gateway</html>"],
] as const)("status %d with code %d is tried again later, not refused", async ([status, code, text]) => {
  const body = code === -1 ? text : JSON.stringify({ text, code });
  const splunk = await start({ instead: () => ({ status, body, headers: { "retry-after": "7" } }) });
  await expect(sinkOf(splunk.url).write(records(3), never)).rejects.toMatchObject({
    code: "MLR_LOG_SINK_FAILED",
    retry: "later",
    message: expect.stringContaining(text) as unknown,
    details: { status, retryAfterMs: 7000 },
  });
  expect(splunk.requests).toHaveLength(1);
});

test("an error says what to do, and never the token", async () => {
  const splunk = await start();
  const failed = sinkOf(splunk.url, { token: "wrong-token-wrong" }).write([RECORD], never);
  await expect(failed).rejects.toMatchObject({ hint: "Check the token." });
  await expect(failed).rejects.not.toMatchObject({
    message: expect.stringContaining("wrong-token") as unknown,
  });
});

test("of a batch that the collector refuses only the events at fault are given up", async () => {
  const splunk = await start({
    instead: ({ body }) =>
      body.includes("line 5")
        ? { status: 400, body: '{"text":"Invalid data format","code":6,"invalid-event-number":5}' }
        : undefined,
  });
  const refused = await sinkOf(splunk.url).write(records(10), never);
  expect(refused).toMatchObject([
    { record: { message: "line 5" }, reason: expect.stringContaining("Invalid data format") as unknown },
  ]);
  expect(splunk.events.map(({ event }) => String(event["message"])).toSorted()).toEqual(
    records(10)
      .map(({ message }) => message)
      .filter((message) => message !== "line 5"),
  );
});

test("with acknowledgement a batch counts once the indexers have it, and batches wait together", async () => {
  let acknowledged = false;
  const splunk = await start({ acknowledges: true, acknowledged: () => acknowledged });
  const clock = manualClock();
  const sink = sinkOf(splunk.url, { acknowledge: true, clock });
  let done = 0;
  const writes = [records(2), records(3)].map((batch) => sink.write(batch, never).then(() => (done += 1)));
  await clock.slept();
  expect(done).toBe(0);
  acknowledged = true;
  while (done < 2) await clock.advance(500);
  await Promise.all(writes);
  const events = splunk.requests.filter(({ path }) => path.endsWith("/event"));
  const channels = new Set(events.map(({ headers }) => headers["x-splunk-request-channel"]));
  expect([...channels]).toEqual([expect.stringMatching(/^[\da-f-]{36}$/)]);
});

test("a batch that is not acknowledged in time is given back", async () => {
  const splunk = await start({ acknowledges: true, acknowledged: () => false });
  const clock = manualClock();
  let failure: unknown;
  const sink = sinkOf(splunk.url, { acknowledge: true, acknowledgeMs: 1000, clock });
  const write = sink.write([RECORD], never).catch((error: unknown) => (failure = error));
  while (failure === undefined) await clock.advance(500);
  await write;
  expect(failure).toMatchObject({
    code: "MLR_LOG_SINK_FAILED",
    message: expect.stringContaining("did not acknowledge") as unknown,
  });
});

test("acknowledgement that the token does not have is said", async () => {
  const splunk = await start({ acknowledges: false });
  await expect(sinkOf(splunk.url, { acknowledge: true }).write([RECORD], never)).rejects.toMatchObject({
    hint: expect.stringContaining("acknowledge: false") as unknown,
  });
});

test("a server that is not there is an error that can be tried again, with its address", async () => {
  await expect(sinkOf("http://127.0.0.1:1").write([RECORD], never)).rejects.toMatchObject({
    code: "MLR_LOG_SINK_FAILED",
    message: expect.stringContaining("http://127.0.0.1:1/services/collector/event") as unknown,
  });
});
