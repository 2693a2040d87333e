import { expect, test } from "vitest";
import type { RunEvent } from "../events.ts";
import type { Message } from "../message.ts";
import type { ReadContext } from "../source.ts";
import { pipeline, type PipelineOptions } from "../pipeline.ts";
import { manualClock, memoryDestination, type ManualClock } from "../testing/index.ts";
import { executeRun } from "./execute.ts";
import type { RunReport } from "./report.ts";

const DAY_MS = 86_400_000;
const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };
let number = 0;
let attempt = 0n;

function run(
  options: PipelineOptions,
  clock: ManualClock,
  observe: (event: RunEvent) => void = () => undefined,
): Promise<RunReport> {
  number++;
  return executeRun({
    pipeline: pipeline("stock", options),
    environment,
    run: `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`,
    attempts: { next: async () => ++attempt },
    clock,
    observe,
  });
}

test("a run is the snapshot of the boundary that was current when it started, in the named time zone", async () => {
  const clock = manualClock(Date.parse("2026-11-22T22:50:00Z"));
  const memory = memoryDestination({ clock });
  const destination = memory.table("stock", {
    mode: "snapshot",
    key: ["id"],
    snapshot: { every: "day", timeZone: "Europe/Berlin" },
  });
  let reading = 0;
  const source = async function* (): AsyncGenerator<{ id: number; reading: number }> {
    yield { id: 1, reading: ++reading };
    await clock.advance(20 * 60_000);
  };
  const first = await run({ source, destination }, clock);
  expect(first.snapshots).toEqual({ stock: { scope: "2026-11-22", missed: [], expired: [] } });
  const second = await run({ source, destination }, clock);
  expect(second.snapshots).toEqual({ stock: { scope: "2026-11-23", missed: [], expired: [] } });
  const again = await run({ source, destination }, clock);
  expect(again.tables["stock"]).toMatchObject({ inserted: 1, removed: 1 });
  expect(memory.snapshots("stock")).toEqual([
    { scope: "2026-11-22", rows: [{ id: 1, reading: 1 }] },
    { scope: "2026-11-23", rows: [{ id: 1, reading: 3 }] },
  ]);
});

test("boundaries at which nothing ran are told in the log and the report, and nothing is made up for them", async () => {
  const clock = manualClock();
  const memory = memoryDestination({ clock });
  const destination = memory.table("stock", { mode: "snapshot", snapshot: { retention: { days: 2 } } });
  const source = function* (): Generator<{ id: number }> {
    yield { id: 1 };
  };
  await run({ source, destination }, clock);
  await clock.advance(3 * DAY_MS);
  const events: RunEvent[] = [];
  const report = await run({ source, destination }, clock, (event) => events.push(event));
  expect(report.snapshots).toEqual({
    stock: { scope: "2026-01-04", missed: ["2026-01-02", "2026-01-03"], expired: [] },
  });
  await clock.advance(DAY_MS);
  await run({ source, destination }, clock, (event) => events.push(event));
  expect(memory.snapshots("stock").map(({ scope }) => scope)).toEqual(["2026-01-04", "2026-01-05"]);
  expect(events.filter(({ type }) => type === "log")).toEqual([
    {
      type: "log",
      level: "warn",
      message: 'table "stock" has no snapshot of 2026-01-02, 2026-01-03: no run read it then',
      details: { table: "stock", scope: "2026-01-04", missed: ["2026-01-02", "2026-01-03"] },
    },
    {
      type: "log",
      level: "info",
      message: 'deleted 1 of the snapshots of table "stock", as its retention says: 2026-01-01',
      details: { table: "stock", scope: "2026-01-05", expired: ["2026-01-01"] },
    },
  ]);
});

test("each reading of a source that never ends is the snapshot of when it began", async () => {
  const clock = manualClock();
  const memory = memoryDestination({ clock });
  const source = {
    endless: true,
    async *read(): AsyncGenerator<Message> {
      for (let day = 0; day < 3; day++) {
        yield { type: "begin", stream: "stock" };
        yield { type: "rows", stream: "stock", slice: "s", rows: [{ day }] };
        yield { type: "complete", stream: "stock" };
        yield { type: "checkpoint", slice: "s", state: day };
        await clock.advance(DAY_MS);
      }
    },
  };
  await run({ source, destination: memory.table("stock", { mode: "snapshot" }) }, clock);
  expect(memory.snapshots("stock")).toEqual([
    { scope: "2026-01-01", rows: [{ day: 0 }] },
    { scope: "2026-01-02", rows: [{ day: 1 }] },
    { scope: "2026-01-03", rows: [{ day: 2 }] },
  ]);
});

test("a new run reads everything for its snapshot, and an interrupted one goes on where it was", async () => {
  const clock = manualClock();
  const memory = memoryDestination({ clock });
  const seen: unknown[] = [];
  let fails = false;
  const source = async function* (context: ReadContext): AsyncGenerator<Message> {
    const from = Number(context.checkpoints.get("s") ?? 0);
    seen.push([from, context.full, context.openEpochs.length]);
    if (context.openEpochs.length === 0) yield { type: "begin", stream: "stock" };
    for (let id = from + 1; id <= 3; id++) {
      yield { type: "rows", stream: "stock", slice: "s", rows: [{ id }] };
      yield { type: "checkpoint", slice: "s", state: id };
      if (fails && id === 2) throw new Error("no more now");
    }
    yield { type: "complete", stream: "stock" };
  };
  const options = {
    source,
    destination: memory.table("stock", { mode: "snapshot" }),
    commit: { rows: 1 },
    retry: { attempts: 1 },
  };
  await run(options, clock);
  await clock.advance(DAY_MS);
  fails = true;
  expect((await run(options, clock)).status).toBe("failed");
  fails = false;
  await run(options, clock);
  expect(seen).toEqual([
    [0, false, 0],
    [0, true, 0],
    [2, false, 1],
  ]);
  const ids = [{ id: 1 }, { id: 2 }, { id: 3 }];
  expect(memory.snapshots("stock")).toEqual([
    { scope: "2026-01-01", rows: ids },
    { scope: "2026-01-02", rows: ids },
  ]);
});
