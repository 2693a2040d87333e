import { describe, expect, test } from "vitest";
import type { Message } from "../message.ts";
import { pipeline } from "../pipeline.ts";
import type { Row } from "../row.ts";
import type { Source } from "../source.ts";
import type { Target } from "../target.ts";
import {
  failing,
  FAILURE_STEPS,
  failingSource,
  memoryDestination,
  memorySource,
  reading,
  type FailurePlan,
  type MemoryDestination,
} from "../testing/index.ts";
import { executeRun } from "./execute.ts";
import type { RunReport } from "./report.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };
let attempt = 0n;
let runs = 0;

async function runOn(target: Target, source: Source): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("people", {
      source,
      destination: target,
      commit: { rows: 20 },
      retry: { attempts: 30, delayMs: 0 },
    }),
    environment,
    run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
  });
}

const version = (rows: number, changed: (i: number) => boolean, skip: (i: number) => boolean): Row[] =>
  Array.from({ length: rows }, (_, id) => ({ id, value: changed(id) ? "new" : "old" })).filter(
    ({ id }) => !skip(id),
  );

const first = version(
  100,
  () => false,
  (i) => i % 11 === 5,
);
const second = version(
  110,
  (i) => i % 7 === 3,
  (i) => i % 13 === 4,
);
const whole = (rows: Row[]): Source =>
  memorySource(reading({ stream: "people", rows, batchRows: 5, checkpointEvery: 2 }), { rereads: true });

/** Rows of two slices that take turns, each with checkpoints of its own, to be appended. */
function turns(): Source {
  const messages: Message[] = [];
  for (let i = 0; i < 60; i++) {
    const slice = i % 3 === 0 ? "a" : "b";
    messages.push({ type: "rows", stream: "people", slice, rows: [{ id: i, slice }] });
    if (i % 5 === 4) messages.push({ type: "checkpoint", slice: "a", state: i });
    if (i % 7 === 6) messages.push({ type: "checkpoint", slice: "b", state: i });
  }
  return memorySource(messages);
}

const merged = (memory: MemoryDestination): Target => memory.table("people", { key: ["id"] });
const failingTarget = (target: Target, memory: MemoryDestination, plan: FailurePlan): Target => {
  const destination = failing(memory, plan);
  return { ...target, destination: () => Promise.resolve(destination) };
};

async function undisturbed(): Promise<{ memory: MemoryDestination; counts: RunReport["tables"] }> {
  const memory = memoryDestination();
  await runOn(merged(memory), whole(first));
  return { counts: (await runOn(merged(memory), whole(second))).tables, memory };
}

async function disturbed(plan: FailurePlan): Promise<{ memory: MemoryDestination; report: RunReport }> {
  const memory = memoryDestination();
  await runOn(merged(memory), whole(first));
  const report = await runOn(failingTarget(merged(memory), memory, plan), whole(second));
  return { memory, report };
}

describe("a run that is disturbed ends with the table, history, counts and checkpoints of an undisturbed one", () => {
  for (const at of FAILURE_STEPS) {
    for (const call of [1, 2, 3]) {
      test(`when ${at} fails at its call ${call}`, async () => {
        const want = await undisturbed();
        const got = await disturbed({ rules: [{ at, call }] });
        expect(got.report).toMatchObject({ status: "succeeded" });
        expect(got.memory.snapshot()).toEqual(want.memory.snapshot());
        expect(got.report.tables).toEqual(want.counts);
      });
    }
  }

  test.for(Array.from({ length: 40 }, (_, seed) => seed))(
    "with failures at random, seed %i",
    async (seed) => {
      const want = await undisturbed();
      const got = await disturbed({ random: { seed, share: 0.1, limit: 12 } });
      expect(got.report).toMatchObject({ status: "succeeded" });
      expect(got.memory.snapshot()).toEqual(want.memory.snapshot());
      expect(got.report.tables).toEqual(want.counts);
    },
  );

  test("when the source breaks off half-way, several times", async () => {
    const want = await undisturbed();
    const memory = memoryDestination();
    await runOn(merged(memory), whole(first));
    const report = await runOn(merged(memory), failingSource(whole(second), { afterRows: 33, times: 2 }));
    expect(memory.snapshot()).toEqual(want.memory.snapshot());
    expect(report.tables).toEqual(want.counts);
  });
});

test.for(Array.from({ length: 40 }, (_, seed) => seed))(
  "rows of slices that take turns are appended once each, seed %i",
  async (seed) => {
    const memory = memoryDestination();
    const target = memory.table("people", { mode: "append" });
    const report = await runOn(
      failingTarget(target, memory, { random: { seed, share: 0.15, limit: 12 } }),
      turns(),
    );
    expect(report).toMatchObject({ status: "succeeded", tables: { people: { read: 60, inserted: 60 } } });
    const ids = memory.rows("people").map((row) => Number(row["id"]));
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  },
);

test("a final commit that landed although nobody was told is not made again", async () => {
  const memory = memoryDestination();
  const target = merged(memory);
  const only = memorySource(reading({ stream: "people", rows: first.slice(0, 5) }), { rereads: true });
  const report = await runOn(failingTarget(target, memory, { rules: [{ at: "after-commit" }] }), only);
  expect(report).toMatchObject({
    status: "succeeded",
    tables: { people: { read: 5, inserted: 5, unchanged: 0 } },
  });
});
