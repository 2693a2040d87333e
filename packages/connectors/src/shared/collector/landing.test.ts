import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as afterEvents } from "node:timers/promises";
import { executeRun, pipeline, type RunEvent, type RunReport, type Target } from "@millrace/core";
import { failing, type MemoryDestination, memoryDestination } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { collector } from "./collector.ts";
import type { CollectorOptions } from "./definition.ts";
import type { CollectorStatus } from "./status.ts";
import { FeedServer } from "./test/feed-server.ts";
import { tickDefinition } from "./test/tick-definition.ts";

let server: FeedServer;
let directory: string;
let attempt = 0n;
let runs = 0;
beforeEach(async () => {
  server = await FeedServer.start();
  directory = await mkdtemp(path.join(tmpdir(), "millrace-collector-"));
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

interface Running {
  readonly events: RunEvent[];
  readonly stop: () => Promise<RunReport>;
  readonly status: () => CollectorStatus | undefined;
}

function run(target: Target, options: CollectorOptions = {}): Running {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  const done = executeRun({
    pipeline: pipeline("ticks", {
      // Without a key, rows that came twice would be there twice.
      source: collector(tickDefinition(server.url, ["A"], { streams: [] }), {
        reconnect: { delayMs: 1, maxDelayMs: 5 },
        ...options,
      }),
      destination: target,
      commit: { seconds: 0.02 },
      retry: { delayMs: 1, maxDelayMs: 1 },
    }),
    environment: { directory, databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    signal: stop.signal,
    observe: (event) => events.push(event),
  });
  return {
    events,
    status: () => {
      const told = events.filter((event) => event.type === "status").at(-1);
      return told?.type === "status" ? (told.status as unknown as CollectorStatus) : undefined;
    },
    stop: () => {
      stop.abort();
      return done;
    },
  };
}

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await afterEvents();
};
const idsIn = (memory: MemoryDestination): unknown[] =>
  (memory.snapshot().tables["ticks"]?.rows ?? []).map((row) => row["id"]);
const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it("lands what it receives once, through reconnects and another run", async () => {
  const memory = memoryDestination();
  const target = memory.table("ticks", { mode: "append" });
  const ids = (): unknown[] => idsIn(memory);
  const first = run(target);
  await server.until(() => server.subscribers === 1);
  for (const id of upTo(20)) server.tick("A", id);
  await until(() => ids().length === 20);
  server.drop();
  await server.until(() => server.subscribers === 1 && server.connections === 2);
  for (const id of upTo(40, 21)) server.tick("A", id);
  await until(() => ids().length === 40);
  expect((await first.stop()).status).toBe("succeeded");
  await server.until(() => server.sockets.size === 0);
  expect(first.status()).toMatchObject({ state: "stopped", reconnects: 1, committedRows: 40 });

  const second = run(target);
  await server.until(() => server.subscribers === 1);
  server.tick("A", 41);
  await until(() => ids().length === 41);
  await second.stop();
  expect(ids()).toEqual(upTo(41));
});

it.each([1, 2, 3])(
  "receives on while the destination fails, keeps the order, and lands all of it once (%i)",
  async (seed) => {
    const memory = memoryDestination();
    const flaky = failing(memory, {
      rules: [{ at: "open", call: 2, times: 5 }],
      random: { seed, share: 0.3, limit: 40 },
    });
    const table = memory.table("ticks", { mode: "append" });
    const going = run({ ...table, destination: () => Promise.resolve(flaky) }, { memoryRows: 20 });
    await server.until(() => server.subscribers === 1);
    for (const id of upTo(600)) {
      server.tick("A", id);
      if (id % 20 === 0) await afterEvents();
      if (id % 150 === 0) {
        const seen = (): boolean => idsIn(memory).length > 0;
        await until(seen);
      }
    }
    await until(() => idsIn(memory).length >= 600);
    await going.stop();
    expect(flaky.failures.length).toBeGreaterThan(10);
    expect(idsIn(memory)).toEqual(upTo(600));
  },
);

it("fails its run for good where the server does", async () => {
  const memory = memoryDestination();
  const going = run(memory.table("ticks", { mode: "append" }));
  await server.until(() => server.subscribers === 1);
  server.tick("A", 1);
  server.sendRaw('{"type":"banned"}');
  await until(() => going.events.some(({ type }) => type === "finished"));
  const report = await going.stop();
  expect(report.status).toBe("failed");
  expect(report.error).toMatchObject({ code: "MLR_SOURCE_DENIED", message: "banned" });
  expect(going.status()).toMatchObject({ state: "stopped" });
});

it("puts what cannot be read into the quarantine", async () => {
  const memory = memoryDestination();
  const going = run(memory.table("ticks", { mode: "append" }));
  await server.until(() => server.subscribers === 1);
  server.tick("A", 1);
  server.sendRaw("{");
  server.tick("A", 2);
  await until(() => idsIn(memory).length === 2);
  await going.stop();
  expect(going.events.filter(({ type }) => type === "rejected")).toMatchObject([
    { table: "ticks", code: "MLR_ROW_MALFORMED", rows: 1 },
  ]);
});
