import {
  describePushed,
  executeRun,
  MillraceError,
  notNull,
  pipeline,
  type PushedPipeline,
  type QualityRule,
  revivePushed,
  type Row,
  type RunReport,
  systemClock,
  tableTarget,
  type TableOptions,
} from "@millrace/core";
import { type MemoryDestination, memoryDestination } from "@millrace/core/testing";
import { randomUUID } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { type RunPushed, StreamLanding, type LandingLimits } from "./stream-landing.ts";
import type { BatchPart } from "./submission.ts";

const LIMITS: LandingLimits = {
  ...{ rows: 10_000, bytes: 1e7, commitRows: 5_000, commitBytes: 1e7, waitMs: 5_000 },
  ...{ batchIdMs: 3_600_000, batchIds: 10_000, runMs: 3_600_000, idleMs: 3_600_000 },
};
const opened: StreamLanding[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((landing) => landing.close()));
});

interface Given {
  readonly table?: Omit<TableOptions, "name">;
  readonly quality?: readonly QualityRule[];
  readonly limits?: Partial<LandingLimits>;
  readonly destination?: MemoryDestination;
  readonly around?: (run: () => Promise<RunReport>) => Promise<RunReport>;
}

/** A stream `prices` that lands in memory. */
function open(given: Given = {}): { landing: StreamLanding; memory: MemoryDestination; runs: () => number } {
  const memory = given.destination ?? memoryDestination();
  const target = tableTarget({ kind: "memory", portable: () => ({}), destination: async () => memory });
  const definition = describePushed(
    pipeline("prices", {
      source: { endless: true, pushed: { columns: [] }, read: async function* () {} },
      destination: target.table("prices", given.table ?? { key: ["sku"] }),
      ...(given.quality === undefined ? {} : { quality: given.quality }),
    }),
  ) as PushedPipeline;
  let runs = 0;
  let attempts = 0n;
  const around = given.around ?? ((run) => run());
  const run: RunPushed = ({ pipeline: made, signal, observe }) => {
    runs++;
    return around(() =>
      executeRun({
        pipeline: made,
        environment: { directory: ".", databaseUrl: async () => "" },
        run: randomUUID(),
        attempts: { next: async (above = 0n) => (attempts = (attempts > above ? attempts : above) + 1n) },
        signal,
        observe,
      }),
    );
  };
  const landing = new StreamLanding({
    definition: JSON.parse(JSON.stringify(definition)) as PushedPipeline,
    pipeline: (source) =>
      revivePushed(definition, {
        source,
        target: () => target,
        // As early as can be: whatever may be committed before its checkpoint is.
        commit: { rows: 1, seconds: 1e-6 },
        retry: { attempts: 2, delayMs: 1 },
      }),
    run,
    limits: { ...LIMITS, ...given.limits },
    clock: systemClock,
  });
  opened.push(landing);
  return { landing, memory, runs: () => runs };
}

function batch(rows: readonly Row[], more: Partial<BatchPart> = {}): BatchPart {
  return { work: { kind: "rows", rows }, count: rows.length, last: true, bytes: rows.length * 20, ...more };
}

it("lands rows, and tells what the commit did", async () => {
  const { landing, memory } = open();
  const first = await landing.submit(
    batch([
      { sku: "a", price: 1 },
      { sku: "b", price: 2 },
    ]),
  );
  expect(first).toMatchObject({ accepted: 2, rejected: 0, duplicate: false, offset: 2 });
  expect(first.commit?.counts).toMatchObject({ inserted: 2, updated: 0 });
  const second = await landing.submit(batch([{ sku: "b", price: 3 }]));
  expect(second.commit?.counts).toMatchObject({ inserted: 0, updated: 1 });
  expect(memory.rows("prices")).toMatchObject([
    { sku: "a", price: 1 },
    { sku: "b", price: 3 },
  ]);
});

it("lands a batch once, however often it is sent, also after a new start", async () => {
  const memory = memoryDestination();
  const table = { mode: "append" } as const;
  const one = open({ destination: memory, table });
  const sent = batch([{ n: 1 }], { id: "b-1", digest: "d" });
  const [first, again] = await Promise.all([one.landing.submit(sent), one.landing.submit(sent)]);
  expect([first.duplicate, again.duplicate]).toEqual([false, true]);
  expect(await one.landing.submit(sent)).toMatchObject({ duplicate: true, accepted: 1 });
  await one.landing.close();
  const two = open({ destination: memory, table });
  expect(await two.landing.submit(sent)).toMatchObject({ duplicate: true, accepted: 1, offset: 1 });
  expect(memory.rows("prices")).toHaveLength(1);
});

it("refuses other rows under a batch id that was used", async () => {
  const { landing } = open();
  await landing.submit(batch([{ sku: "a" }], { id: "b-1", digest: "one" }));
  const other = landing.submit(batch([{ sku: "b" }], { id: "b-1", digest: "two" }));
  await expect(other).rejects.toMatchObject({ code: "MLR_PUSH_CONFLICT" });
});

it("commits what comes meanwhile together", async () => {
  const { landing, memory } = open();
  await landing.submit(batch([{ sku: "first" }]));
  const all = await Promise.all(
    Array.from({ length: 200 }, (_, n) => landing.submit(batch([{ sku: `s${n}` }]))),
  );
  expect(new Set(all.map(({ commit }) => commit?.id)).size).toBeLessThan(20);
  expect(memory.rows("prices")).toHaveLength(201);
});

it("tells which rows were rejected, each batch its own", async () => {
  const { landing } = open({ quality: [notNull("price", { severity: "quarantine" })] });
  const [good, bad] = await Promise.all([
    landing.submit(batch([{ sku: "a", price: 1 }])),
    landing.submit(batch([{ sku: "b", price: 1 }, { sku: "c" }, { price: 4 }], { id: "bad" })),
  ]);
  expect(good).toMatchObject({ accepted: 1, rejected: 0 });
  expect(bad).toMatchObject({ accepted: 1, rejected: 2 });
  expect(bad.rejections.map(({ row }) => row).toSorted((a, b) => Number(a) - Number(b))).toEqual([2, 3]);
});

it("finds the batch and row of a rejection among batches that travel together", async () => {
  const { landing } = open();
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      landing.submit(batch(n === 7 ? [{ sku: "ok" }, { price: 1 }] : [{ sku: `s${n}` }])),
    ),
  );
  expect(all.map(({ rejected }) => rejected)).toEqual(all.map((_, n) => (n === 7 ? 1 : 0)));
  expect(all[7]?.rejections).toMatchObject([{ row: 2, code: "MLR_ROW_KEY_MISSING" }]);
});

it("lets a bad batch fail alone", async () => {
  const { landing, memory } = open({ table: { key: ["sku"] } });
  await landing.submit(batch([{ sku: "first", "a b": 1 }]));
  // Two names that are the same column: the engine refuses the whole group.
  const outcomes = await Promise.allSettled([
    landing.submit(batch([{ sku: "x", "a b": 1 }])),
    landing.submit(batch([{ sku: "y", "a-b": 1, "a b": 2 }])),
    landing.submit(batch([{ sku: "z", "a b": 1 }])),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(memory.rows("prices").map((row) => row["sku"])).toEqual(["first", "x", "z"]);
});

it("goes on with a long batch where it stands, and refuses gaps", async () => {
  const { landing, memory } = open({ table: { mode: "append" } });
  const part = (offset: number, last: boolean): BatchPart =>
    batch([{ n: offset }, { n: offset + 1 }], { id: "long", offset, last });
  expect(await landing.submit(part(0, false))).toMatchObject({ offset: 2 });
  expect(await landing.submit(part(0, false))).toMatchObject({ offset: 2, duplicate: true });
  await expect(landing.submit(part(6, false))).rejects.toMatchObject({
    code: "MLR_PUSH_CONFLICT",
    details: { offset: 2 },
  });
  expect(await landing.submit(part(2, true))).toMatchObject({ offset: 4 });
  expect(await landing.progress("long")).toEqual({ offset: 4, done: true });
  expect(await landing.submit(part(2, true))).toMatchObject({ duplicate: true });
  expect(memory.rows("prices")).toHaveLength(4);
});

it("removes what a completed reading did not hold, and rows by key", async () => {
  const { landing, memory } = open();
  await landing.submit(batch([{ sku: "a" }, { sku: "b" }, { sku: "c" }]));
  const mark = (kind: "begin" | "complete"): BatchPart => ({
    work: { kind },
    count: 0,
    last: true,
    bytes: 0,
  });
  await landing.submit(mark("begin"));
  await landing.submit(batch([{ sku: "a" }, { sku: "b" }]));
  expect(await landing.submit(mark("complete"))).toMatchObject({ commit: { counts: { removed: 1 } } });
  await expect(landing.submit(mark("complete"))).rejects.toMatchObject({ code: "MLR_PUSH_CONFLICT" });
  const gone = await landing.submit({
    work: { kind: "delete", keys: [{ sku: "a" }, { sku: "never" }] },
    ...{ count: 0, last: true, bytes: 0 },
  });
  expect(gone.commit?.counts).toMatchObject({ removed: 1 });
  expect(memory.rows("prices").map((row) => row["sku"])).toEqual(["b"]);
  expect(memory.snapshot().tables["prices"]?.history).toHaveLength(2);
});

it("keeps a reading open over a new start", async () => {
  const memory = memoryDestination();
  const one = open({ destination: memory });
  await one.landing.submit(batch([{ sku: "a" }, { sku: "b" }]));
  await one.landing.submit({ work: { kind: "begin" }, count: 0, last: true, bytes: 0 });
  await one.landing.submit(batch([{ sku: "a" }]));
  await one.landing.close();
  const two = open({ destination: memory });
  const done = await two.landing.submit({ work: { kind: "complete" }, count: 0, last: true, bytes: 0 });
  expect(done.commit?.counts).toMatchObject({ removed: 1 });
});

it("refuses what there is no room for, and tells who waits too long", async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const { landing, memory } = open({
    limits: { rows: 2, waitMs: 50 },
    around: async (run) => {
      await held;
      return run();
    },
  });
  const waits = landing.submit(batch([{ sku: "a" }, { sku: "b" }], { id: "w" }));
  const refused = waits.catch((error: unknown) => error);
  await expect(landing.submit(batch([{ sku: "c" }]))).rejects.toMatchObject({ code: "MLR_PUSH_BUSY" });
  expect(await refused).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE" });
  letGo();
  const again = (): Promise<number> =>
    landing.submit(batch([{ sku: "d" }])).then(
      ({ accepted }) => accepted,
      () => 0,
    );
  await expect.poll(again, { timeout: 10_000 }).toBe(1);
  expect(memory.rows("prices").map((row) => row["sku"])).toEqual(["d"]);
});

it("tries again what a run left when its destination was away", async () => {
  let failures = 3;
  const memory = memoryDestination();
  const flaky: MemoryDestination = {
    ...memory,
    open: (owner, options) => {
      if (failures-- > 0)
        return Promise.reject(new MillraceError("MLR_DESTINATION_UNAVAILABLE", "It is away"));
      return memory.open(owner, options);
    },
  };
  const { landing, runs } = open({ destination: flaky });
  await expect(landing.submit(batch([{ sku: "a" }]))).resolves.toMatchObject({ accepted: 1 });
  expect(runs()).toBe(2);
});

it("waits where another process lands the stream, and goes on when it is gone", async () => {
  let held = 2;
  const { landing, runs } = open({
    around: (run) =>
      held-- > 0 ? Promise.reject(new MillraceError("MLR_LEASE_HELD", "Another process runs it")) : run(),
  });
  await expect(landing.submit(batch([{ sku: "a" }]))).resolves.toMatchObject({ accepted: 1 });
  expect(runs()).toBe(3);
});

it("ends the run when nothing is pushed, and begins the next with the next push", async () => {
  const { landing, runs } = open({ limits: { idleMs: 1 } });
  await landing.submit(batch([{ sku: "a" }]));
  await expect.poll(() => landing.state.running).toBe(false);
  await landing.submit(batch([{ sku: "b" }]));
  expect(runs()).toBe(2);
});
