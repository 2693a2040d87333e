import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { RunEvent } from "../events.ts";
import type { Message } from "../message.ts";
import { pipeline, type PipelineOptions } from "../pipeline.ts";
import type { Row } from "../row.ts";
import { gatedSource, manualClock, memoryDestination, memorySource, reading } from "../testing/index.ts";
import type { Transform } from "../transform.ts";
import { executeRun, type ExecuteOptions } from "./execute.ts";
import type { RunReport } from "./report.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };
let attempt = 0n;
let runs = 0;

/** Runs a pipeline called `people` with attempt numbers and run ids that only go up. */
function run(options: PipelineOptions, more: Partial<ExecuteOptions> = {}): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("people", options),
    environment,
    run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    ...more,
  });
}

const people = (...names: string[]): Row[] => names.map((name, id) => ({ id, name }));
const fromRows = (rows: readonly Row[]) =>
  function* (): Generator<Row> {
    yield* rows;
  };

test("rows of a function land in the table, and a second run finds everything unchanged", async () => {
  const memory = memoryDestination();
  const options = {
    source: fromRows(people("Ada", "Grace")),
    destination: memory.table("people", { key: ["id"] }),
  };
  const first = await run(options);
  expect(first).toMatchObject({
    status: "succeeded",
    tables: { people: { read: 2, inserted: 2, unchanged: 0 } },
  });
  const before = memory.snapshot();
  const second = await run(options);
  expect(second).toMatchObject({
    status: "succeeded",
    tables: { people: { read: 2, inserted: 0, unchanged: 2 } },
  });
  expect(memory.snapshot()).toEqual(before);
});

test("rows that a whole reading no longer holds are removed, changed ones updated, with their history", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"] });
  await run({ source: fromRows(people("Ada", "Grace", "Edsger")), destination });
  const report = await run({ source: fromRows(people("Ada", "Grace Hopper")), destination });
  expect(report.tables["people"]).toMatchObject({ read: 2, updated: 1, unchanged: 1, removed: 1 });
  expect(
    memory.snapshot().tables["people"]?.history.map(({ operation, changed }) => [operation, changed]),
  ).toEqual([
    ["update", ["name"]],
    ["remove", []],
  ]);
});

test("a limited run reads so many rows, removes nothing and says why", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"] });
  await run({ source: fromRows(people("Ada", "Grace", "Edsger")), destination });
  const report = await run({ source: fromRows(people("Ada", "Grace", "Edsger")), destination }, { limit: 1 });
  expect(report.tables["people"]).toMatchObject({ read: 1, unchanged: 1, removed: 0 });
  expect(memory.rows("people")).toHaveLength(3);
});

test("a limited run keeps no checkpoint, so that the next run reads what it left out", async () => {
  const memory = memoryDestination();
  const source = memorySource(
    reading({ stream: "people", rows: people("a", "b", "c", "d"), batchRows: 1, checkpointEvery: 1 }),
  );
  const destination = memory.table("people", { key: ["id"] });
  await run({ source, destination }, { limit: 2 });
  const report = await run({ source, destination });
  expect(report.status).toBe("succeeded");
  expect(memory.rows("people")).toHaveLength(4);
});

test("a rejected row without a usable key keeps the run from removing, and the quarantine has it", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"], columns: { id: "integer" } });
  await run({ source: fromRows(people("Ada", "Grace")), destination });
  const report = await run({
    source: fromRows([
      { id: 0, name: "Ada" },
      { id: "seven", name: "Bob" },
    ]),
    destination,
  });
  expect(report.tables["people"]).toMatchObject({ read: 2, unchanged: 1, rejected: 1, removed: 0 });
  expect(report.withheld["people"]).toEqual(["rows without a usable key were rejected"]);
  expect(memory.rows("people__quarantine")).toMatchObject([
    { row: '{"id":"seven","name":"Bob"}', code: "MLR_ROW_INVALID" },
  ]);
});

test("a rejected row with a key keeps the row it would have replaced, and others are removed", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"], columns: { age: "integer" } });
  const row = (id: number, age: unknown): Row => ({ id, age });
  await run({ source: fromRows([row(1, 36), row(2, 85), row(3, 72)]), destination });
  const report = await run({ source: fromRows([row(1, 36), row(2, "old")]), destination });
  expect(report.tables["people"]).toMatchObject({ read: 2, unchanged: 1, rejected: 1, removed: 1 });
  expect(memory.rows("people")).toEqual([row(1, 36), row(2, 85)]);
});

test("a dry run tells what would happen and writes nothing", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"] });
  await run({ source: fromRows(people("Ada", "Grace")), destination });
  const before = memory.snapshot();
  const report = await run(
    { source: fromRows(people("Ada", "Grace Hopper")), destination },
    { dryRun: true },
  );
  expect(report.tables["people"]).toMatchObject({ updated: 1, unchanged: 1 });
  expect(report.plan?.sample).toMatchObject([
    { operation: "update", fields: { name: { before: "Grace", after: "Grace Hopper" } } },
  ]);
  expect(memory.snapshot()).toEqual(before);
});

test("transforms keep the order of rows, whichever batch finishes first", async () => {
  const memory = memoryDestination();
  const finish: (() => void)[] = [];
  const slow: Transform = {
    holds: "nothing",
    concurrency: 3,
    apply: (batch) => new Promise((resolve) => finish.push(() => resolve(batch))),
  };
  const messages = reading({ stream: "people", rows: people("a", "b", "c"), batchRows: 1 });
  const done = run({
    source: memorySource(messages),
    transforms: [slow],
    destination: memory.table("people", { mode: "append" }),
  });
  await expect.poll(() => finish.length).toBe(3);
  for (const end of finish.toReversed()) end();
  await done;
  expect(memory.rows("people").map((row) => row["name"])).toEqual(["a", "b", "c"]);
});

test("rows that a transform holds until the commit come out before it", async () => {
  const memory = memoryDestination();
  let held: Row[] = [];
  const hold: Transform = {
    holds: "commit",
    apply: (batch) => {
      held.push(...batch.rows);
      return { stream: batch.stream, rows: [] };
    },
    flush: () => {
      const rows = held;
      held = [];
      return [{ stream: "people", rows }];
    },
  };
  const messages: Message[] = reading({
    stream: "people",
    rows: people("a", "b", "c", "d"),
    batchRows: 1,
    checkpointEvery: 2,
  });
  const report = await run({
    source: memorySource(messages),
    transforms: [hold],
    destination: memory.table("people", { key: ["id"] }),
    commit: { rows: 1 },
  });
  expect(report.tables["people"]).toMatchObject({ read: 4, inserted: 4 });
});

test("an error of a transform fails the run with the transform's name", async () => {
  const bad: Transform = {
    kind: "broken",
    holds: "nothing",
    apply: () => {
      throw new Error("boom");
    },
  };
  const report = await run({
    source: fromRows(people("a")),
    transforms: [bad],
    destination: memoryDestination().table("people"),
  });
  expect(report.error).toMatchObject({
    code: "MLR_TRANSFORM_FAILED",
    message: expect.stringContaining("broken") as string,
  });
});

test("an endless source commits what it has after the time limit, though no message comes", async () => {
  const memory = memoryDestination();
  const clock = manualClock();
  const stop = new AbortController();
  const gate = gatedSource({ ...memorySource(endlessMessages(3)), endless: true });
  const events: RunEvent[] = [];
  const done = run(
    { source: gate, destination: memory.table("people", { mode: "append" }) },
    { clock, signal: stop.signal, observe: (event) => events.push(event) },
  );
  gate.release(2);
  await gate.waiting();
  await expect.poll(() => clock.sleeping).toBeGreaterThan(0);
  expect(events.some((event) => event.type === "committed")).toBe(false);
  await clock.advance(1_000);
  await expect.poll(() => events.some((event) => event.type === "committed")).toBe(true);
  expect(memory.rows("people")).toHaveLength(1);
  gate.release(2);
  await expect.poll(() => events.some((event) => event.type === "progress" && event.rows === 2)).toBe(true);
  stop.abort();
  expect(await done).toMatchObject({ status: "succeeded", tables: { people: { inserted: 2 } } });
});

test("a batch that is stopped keeps what its checkpoints cover and goes on under the same run", async () => {
  const memory = memoryDestination();
  const stop = new AbortController();
  const source = memorySource(
    reading({ stream: "people", rows: people("a", "b", "c", "d"), batchRows: 1, checkpointEvery: 1 }),
  );
  const gate = gatedSource(source);
  const destination = memory.table("people", { key: ["id"] });
  const stopping = run({ source: gate, destination }, { signal: stop.signal });
  gate.release(5);
  await gate.waiting();
  // What the source has sent is on its way through the engine; the clock does not tell when it is through.
  await setImmediate();
  stop.abort();
  const stopped = await stopping;
  expect(stopped).toMatchObject({ status: "stopped", tables: { people: { inserted: 2 } } });
  const resumed = await run({ source, destination });
  expect(resumed).toMatchObject({
    status: "succeeded",
    resumed: true,
    run: stopped.run,
    tables: { people: { read: 4, inserted: 4, removed: 0 } },
  });
});

test("a batch without checkpoints that is stopped commits nothing", async () => {
  const memory = memoryDestination();
  const stop = new AbortController();
  const gate = gatedSource(memorySource(reading({ stream: "people", rows: people("a", "b"), batchRows: 1 })));
  const stopping = run(
    { source: gate, destination: memory.table("people", { key: ["id"] }) },
    { signal: stop.signal },
  );
  gate.release(2);
  await gate.waiting();
  stop.abort();
  expect(await stopping).toMatchObject({ status: "stopped", tables: {} });
});

test("after the loss of the lease nothing more is committed", async () => {
  const memory = memoryDestination();
  const lost = new AbortController();
  const gate = gatedSource(
    memorySource(reading({ stream: "people", rows: people("a", "b"), batchRows: 1, checkpointEvery: 1 })),
  );
  const running = run(
    { source: gate, destination: memory.table("people", { key: ["id"] }) },
    { lost: lost.signal },
  );
  gate.release(3);
  await gate.waiting();
  lost.abort();
  expect(await running).toMatchObject({ status: "failed", error: { code: "MLR_LEASE_LOST" } });
  expect(memory.snapshot().tables["people"]?.rows ?? []).toEqual([]);
});

test("rows of a slice whose checkpoint has not come stay out of the commit", async () => {
  const memory = memoryDestination();
  const rows = (slice: string, ...ids: number[]): Message => ({
    type: "rows",
    stream: "people",
    slice,
    rows: ids.map((id) => ({ id })),
  });
  const gate = gatedSource(
    memorySource([
      rows("a", 1),
      rows("b", 2),
      { type: "checkpoint", slice: "a", state: 1 },
      rows("a", 3),
      { type: "checkpoint", slice: "b", state: 2 },
    ]),
  );
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const running = run(
    { source: gate, destination: memory.table("people", { mode: "append" }), commit: { rows: 1 } },
    { signal: stop.signal, observe: (event) => events.push(event) },
  );
  gate.release(3);
  await expect.poll(() => events.some((event) => event.type === "committed")).toBe(true);
  expect(memory.rows("people")).toEqual([{ id: 1 }]);
  gate.open();
  expect((await running).status).toBe("succeeded");
  expect(
    memory
      .rows("people")
      .map((row) => Number(row["id"]))
      .toSorted((a, b) => a - b),
  ).toEqual([1, 2, 3]);
});

test("receipts tell what was accepted and rejected once it is durable", async () => {
  const memory = memoryDestination();
  const receipts: unknown[] = [];
  const source = memorySource([
    {
      type: "rows",
      stream: "people",
      slice: "s",
      rows: [{ id: 1 }, { id: "x" }],
      position: { file: "in.csv", line: 2 },
    },
    { type: "checkpoint", slice: "s", state: 2 },
  ]);
  await run({
    source: { ...source, committed: (each) => receipts.push(...each) },
    destination: memory.table("people", { key: ["id"], columns: { id: "integer" } }),
  });
  expect(receipts).toMatchObject([
    {
      slice: "s",
      state: 2,
      accepted: 1,
      rejected: [{ code: "MLR_ROW_INVALID", position: { file: "in.csv", line: 3 } }],
    },
  ]);
});

test("rows declared unchanged are counted without being read", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"] });
  await run({ source: fromRows(people("a", "b")), destination });
  const report = await run({
    source: memorySource([{ type: "unchanged", stream: "people", rows: 2 }]),
    destination,
  });
  expect(report.tables["people"]).toMatchObject({ read: 2, unchanged: 2, removed: 0 });
});

test("children go with their parents, those of parents that are gone included", async () => {
  const memory = memoryDestination();
  const unnest: Transform = {
    holds: "nothing",
    makesStreams: true,
    apply: (batch) => [
      { stream: "orders", rows: batch.rows.map(({ id }) => ({ id })) },
      {
        stream: "lines",
        rows: batch.rows.flatMap(({ id, lines }) =>
          (lines as string[]).map((text, position) => ({ id, position, text })),
        ),
        parents: { stream: "orders", columns: ["id"], keys: batch.rows.map(({ id }) => ({ id })) },
      },
    ],
  };
  const destination = memory.tables({ orders: { key: ["id"] }, lines: { key: ["id", "position"] } });
  const read = (...orders: Row[]) =>
    run({
      source: memorySource(reading({ stream: "orders", rows: orders })),
      transforms: [unnest],
      destination,
    });
  await read({ id: 1, lines: ["a", "b"] }, { id: 2, lines: ["c"] });
  const report = await read({ id: 1, lines: ["a"] });
  expect(report.tables).toMatchObject({
    orders: { removed: 1, unchanged: 1 },
    lines: { removed: 2, unchanged: 1 },
  });
  const empty = await read();
  expect(empty.tables).toMatchObject({ orders: { removed: 1 }, lines: { removed: 1 } });
});

test("an unknown parameter is refused with the nearest name", async () => {
  const report = await run(
    { source: fromRows([]), params: { region: "eu" }, destination: memoryDestination().table("people") },
    { params: { regoin: "us" } },
  );
  expect(report.error).toMatchObject({ code: "MLR_ARGUMENT_INVALID", hint: 'Did you mean "region"?' });
});

test("a bug in a source is not tried again, an error that may pass is", async () => {
  const calls = { bug: 0, passing: 0 };
  const destination = memoryDestination().table("people", { key: ["id"] });
  const bug = await run({
    source: () => {
      calls.bug++;
      return (undefined as unknown as Row[]).values();
    },
    destination,
  });
  const passing = await run({
    source: function* () {
      calls.passing++;
      if (calls.passing < 3) throw new Error("HTTP 503");
      yield { id: 1 };
    },
    destination,
    retry: { delayMs: 0 },
  });
  expect([calls, bug.status, passing.status]).toEqual([{ bug: 1, passing: 3 }, "failed", "succeeded"]);
});

test("a checkpoint whose state JSON cannot say fails the run before it is committed", async () => {
  const memory = memoryDestination();
  const report = await run({
    source: async function* () {
      yield { type: "rows", stream: "people", slice: "a", rows: people("Ada") };
      yield { type: "checkpoint", slice: "a", state: { at: 1n } };
    },
    destination: memory.table("people", { key: ["id"] }),
  });
  expect(report.error).toMatchObject({
    code: "MLR_SOURCE_PROTOCOL",
    message: expect.stringContaining('slice "a" is no JSON') as unknown,
  });
  expect(memory.snapshot().tables).toEqual({});
});

test("an observer that throws does not fail the run", async () => {
  const report = await run(
    { source: fromRows(people("a")), destination: memoryDestination().table("people", { key: ["id"] }) },
    {
      observe: () => {
        throw new Error("the watcher tripped");
      },
    },
  );
  expect(report.status).toBe("succeeded");
});

function endlessMessages(count: number): Message[] {
  return Array.from({ length: count }, (_, i): Message[] => [
    { type: "rows", stream: "people", slice: "live", rows: [{ id: i }] },
    { type: "checkpoint", slice: "live", state: i },
  ]).flat();
}
