import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { executeRun, parseOptions, pipeline, type RunEvent } from "@millrace/core";
import { failing, manualClock, memoryDestination } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sampling, simulator, type SamplingOptions } from "./index.ts";
import { samplingOptions } from "./options.ts";
import { SamplingSource } from "./source/sampling-source.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "millrace-sampling-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const plan = [
  { id: 1, name: "level", address: "constant(5)", reader: "simulator", scale: 2, offset: 1 },
  { id: 2, name: "on", address: "constant(1)", type: "bool", reader: "simulator", intervalMs: 50 },
  { id: 3, name: "label", address: "constant(7)", type: "string:4", reader: "simulator" },
];

async function run(options: Partial<SamplingOptions>): Promise<{
  rows: readonly Record<string, unknown>[];
  windows: readonly Record<string, unknown>[];
  status: string;
  events: readonly RunEvent[];
}> {
  const memory = memoryDestination();
  const events: RunEvent[] = [];
  const clock = manualClock();
  let over = false;
  const own = { plan, readers: [simulator()], intervalMs: 100, flushMs: 100, durationSeconds: 0.5 };
  const source = new SamplingSource(
    parseOptions(samplingOptions, { ...own, ...options }, "sampling()"),
    clock,
  );
  const running = executeRun({
    pipeline: pipeline("press", {
      source,
      destination: memory.tables({ samples: {}, windows: {} }),
      retry: { attempts: 1 },
    }),
    environment: { directory, databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: "00000000-0000-7000-8000-000000000001",
    attempts: { next: (above = 0n) => Promise.resolve(above + 1n) },
    observe: (event) => events.push(event),
    clock,
  }).finally(() => {
    over = true;
  });
  while (!over) await clock.advance(10);
  const report = await running;
  const of = (table: string): readonly Record<string, unknown>[] =>
    memory.snapshot().tables[table] === undefined ? [] : memory.rows(table);
  return { rows: of("samples"), windows: of("windows"), status: report.status, events };
}

test("lands one row per context, variable and tick, scaled and typed, and ends with its duration", async () => {
  const { rows, status } = await run({});
  expect(status).toBe("succeeded");
  const count = (variable: number): number => rows.filter((row) => row["variable"] === variable).length;
  expect(count(1)).toBe(5);
  expect(count(2)).toBe(10);
  expect(rows.find((row) => row["variable"] === 1)).toMatchObject({
    context: 1,
    name: "level",
    value: 11,
    quality: "good",
  });
  expect(rows.find((row) => row["variable"] === 2)).toMatchObject({ value: 1 });
  expect(rows.find((row) => row["variable"] === 3)).toMatchObject({ text: "7" });
});

test("lands windows with their figures, and the samples only where asked to", async () => {
  const { rows, windows } = await run({ aggregate: { windowMs: 100, graceMs: 0 }, plan: plan.slice(0, 2) });
  expect(rows).toEqual([]);
  const level = windows.filter((row) => row["variable"] === 1);
  expect(level).toHaveLength(5);
  expect(level[0]).toMatchObject({ count: 1, bad: 0, min: 11, max: 11, mean: 11, last: 11, window_ms: 100 });
  const sum = windows
    .filter((row) => row["variable"] === 2)
    .reduce((all, row) => all + Number(row["count"]), 0);
  expect(sum).toBe(10);
});

test("lands only what changed", async () => {
  const { rows } = await run({ onChange: {} });
  expect(rows).toHaveLength(3);
});

test("refuses what cannot be, before anything runs", () => {
  expect(() => sampling({ plan, readers: [] })).toThrow(/readers/);
  expect(() => sampling({ plan, readers: [simulator()], intervallMs: 1 } as never)).toThrow(
    /Did you mean|intervallMs/,
  );
});

test("an address that its reader does not know fails the run before anything is sampled", async () => {
  const { status, events } = await run({ plan: [{ id: 1, address: "sinus", reader: "simulator" }] });
  expect(status).toBe("failed");
  expect(JSON.stringify(events.at(-1))).toContain("sine(0, 100, 60)");
});

test("while the destination is away for a minute sampling goes on, and everything lands once and in order", async () => {
  const memory = memoryDestination();
  const clock = manualClock();
  const target = memory.table("samples");
  const rules = [
    { at: "before-commit", call: 3 },
    { at: "open", call: 2, times: 14 },
    { at: "after-commit", call: 5 },
  ] as const;
  const destination: typeof target = {
    ...target,
    destination: async (environment) => failing(await target.destination(environment), { rules }),
  };
  const own = { plan: plan.slice(0, 1), readers: [simulator()], intervalMs: 100, memorySamples: 50 };
  const source = new SamplingSource(parseOptions(samplingOptions, own, "sampling()"), clock);
  const stop = new AbortController();
  let attempt = 0n;
  let retries = 0;
  let landedBefore = 0;
  const landed = (): number => memory.snapshot().tables["samples"]?.rows.length ?? 0;
  let over = false;
  const running = executeRun({
    pipeline: pipeline("press", { source, destination }),
    environment: { directory, databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: "00000000-0000-7000-8000-000000000001",
    attempts: { next: () => Promise.resolve((attempt += 1n)) },
    observe: (event) => {
      if (event.type !== "retrying") return;
      retries += 1;
      landedBefore = landed();
    },
    signal: stop.signal,
    clock,
  }).finally(() => {
    over = true;
  });
  // A run that is stopped while it waits to try again fails with what it waits for.
  const isOver = (): boolean => retries > 15 && landed() >= Math.max(950, landedBefore + 50);
  while (!isOver() && !over) for (let each = 0; each < 20; each += 1) await clock.advance(50);
  stop.abort();
  while (!over) await clock.advance(50);
  expect((await running).status).toBe("succeeded");
  expect(retries).toBeGreaterThanOrEqual(16);
  const times = memory.rows("samples").map((row) => Number(row["time"]));
  expect(times.length).toBeGreaterThanOrEqual(950);
  expect(times.slice(1).every((time, index) => time - (times[index] ?? 0) === 100_000)).toBe(true);
});
