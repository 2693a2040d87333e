import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import pg from "pg";
import { systemClock } from "@millrace/core";
import { giveCommand } from "../src/command/give-command.ts";
import { claimRuns } from "../src/queue/claim.ts";
import { enqueue } from "../src/queue/enqueue.ts";
import { HeldRun } from "../src/queue/held-run.ts";
import { RUN_LIMITS } from "../src/queue/run-limits.ts";
import { every } from "../src/schedule/every.ts";
import { followParents } from "../src/scheduler/follow-parents.ts";
import { Scheduler } from "../src/scheduler/scheduler.ts";
import { type Bed, openBed } from "./bed.ts";

let bed: Bed;
const schedulers = new Set<Scheduler>();
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  await Promise.all([...schedulers].map((each) => each.close()));
  schedulers.clear();
  await bed.clear();
});
afterAll(() => bed.close());

function startScheduler(onLead?: (leads: boolean) => void): Scheduler {
  const scheduler = new Scheduler({
    control: bed.control,
    leaseMs: 1_500,
    ...(onLead === undefined ? {} : { onLead }),
  });
  schedulers.add(scheduler);
  scheduler.start();
  return scheduler;
}

async function runsOf(
  pipeline: string,
): Promise<{ id: string; status: string; trigger: string; due_at: Date | null }[]> {
  const { rows } = await bed.control.pool.query<{
    id: string;
    status: string;
    trigger: string;
    due_at: Date | null;
  }>("SELECT id, status, trigger, due_at FROM millrace_control.runs WHERE pipeline = $1 ORDER BY id", [
    pipeline,
  ]);
  return rows;
}

async function runThrough(pipeline: string, status: "succeeded" | "failed"): Promise<void> {
  const { pool } = bed.control;
  const worker = await bed.session();
  await enqueue(pool, [{ pipeline, trigger: "manual", limits: RUN_LIMITS }]);
  const claim = (await claimRuns(pool, worker.id, 10)).find((each) => each.pipeline === pipeline);
  if (claim === undefined) throw new Error("nothing was claimed");
  const tables = {};
  await new HeldRun(pool, claim).finish(
    {
      run: claim.id,
      pipeline,
      status,
      startedAt: "",
      durationMs: 1,
      attempt: "1",
      resumed: false,
      tables,
      checkpoint: {},
      withheld: {},
    },
    { attempt: "1", continues: null, counts: {}, checkpoint: {}, withheld: {}, log: [] },
    { exitCode: 0, signal: null, peakMemoryBytes: 1, cpuMs: 1, exceptions: 0, lastException: null },
  );
  await worker.close();
}

describe("schedules", () => {
  it("are kept by one of many schedulers; when it ends another goes on, and no fire comes twice", async () => {
    const leading: number[] = [];
    const all = [0, 1, 2].map((i) => startScheduler((leads) => leads && leading.push(i)));
    await bed.register({ a: { schedule: every("1 second", { catchUp: "all" }) } });
    await expect.poll(async () => (await runsOf("a")).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
    expect(leading).toHaveLength(1);
    await all[leading[0] ?? 0]?.close();
    await expect.poll(() => leading.length, { timeout: 15_000 }).toBe(2);
    const before = (await runsOf("a")).length;
    await expect
      .poll(async () => (await runsOf("a")).length, { timeout: 15_000 })
      .toBeGreaterThan(before + 1);
    const due = (await runsOf("a")).map((run) => run.due_at?.getTime() ?? 0);
    // Each second has its run, also those in which nobody led.
    expect(due.map((at) => (at - (due[0] ?? 0)) / 1_000)).toEqual(due.map((_, i) => i));
  });

  it("are taken over from a scheduler whose session lives but which does not answer", async () => {
    const stopped = new pg.Client({ connectionString: bed.control.url });
    stopped.on("error", () => undefined);
    await stopped.connect();
    await stopped.query("SELECT pg_advisory_lock(hashtextextended('millrace leader scheduler', 0))");
    await stopped.query(
      `INSERT INTO millrace_control.leaders SELECT 'scheduler', gen_random_uuid(), 'h', 1, pg_backend_pid(), now(), now()`,
    );
    const led = Promise.withResolvers<void>();
    startScheduler((leads) => void (leads && led.resolve()));
    await led.promise;
    await stopped.end().catch(() => undefined);
  });

  it("follow the registry: another schedule, a disabled, a paused and a retired pipeline", async () => {
    startScheduler();
    await bed.register({ a: { schedule: every("1 second") }, b: { schedule: every("1 second") } });
    await expect.poll(async () => (await runsOf("a")).length, { timeout: 15_000 }).toBe(1);
    await giveCommand(bed.control.pool, { kind: "disable", target: "a", by: "ana" });
    await giveCommand(bed.control.pool, { kind: "cancel", target: "a", by: "ana" });
    await bed.register({ c: { schedule: every("1 second") } });
    await expect.poll(async () => (await runsOf("c")).length, { timeout: 15_000 }).toBe(1);
    const runs = await runsOf("a");
    expect(runs.map((run) => run.status)).toEqual(["cancelled"]);
    expect(await runsOf("b")).toHaveLength(1);
  });
});

describe("a child", () => {
  it("runs once when all its parents have succeeded since it last ran, however many look at once", async () => {
    const { pool } = bed.control;
    await bed.register({ a: {}, b: {}, child: { parents: ["a", "b"] } });
    await runThrough("a", "succeeded");
    await runThrough("b", "failed");
    expect(await followParents(pool)).toBe(0);
    await runThrough("a", "succeeded");
    await runThrough("b", "succeeded");
    const followed = await Promise.all([followParents(pool), followParents(pool), followParents(pool)]);
    expect(followed.reduce((sum, each) => sum + each, 0)).toBe(1);
    expect(await runsOf("child")).toMatchObject([{ status: "queued", trigger: "parents" }]);
    await runThrough("a", "succeeded");
    expect(await followParents(pool)).toBe(0);
    await runThrough("b", "succeeded");
    expect(await followParents(pool)).toBe(1);
  });

  it("runs after failed parents where that is enough, and not while it is paused or disabled", async () => {
    const { pool } = bed.control;
    await bed.register({ a: {}, child: { parents: ["a"], parentRule: "finished" } });
    await giveCommand(pool, { kind: "pause", target: "child", by: "ana" });
    await runThrough("a", "failed");
    expect(await followParents(pool)).toBe(0);
    await giveCommand(pool, { kind: "resume", target: "child", by: "ana" });
    expect(await followParents(pool)).toBe(1);
  });
});

describe("commands", () => {
  it("name the nearest pipeline, and refuse what is over or not theirs", async () => {
    const { pool } = bed.control;
    await bed.register({ prices: {} });
    await expect(giveCommand(pool, { kind: "pause", target: "prises", by: "ana" })).rejects.toMatchObject({
      code: "MLR_PIPELINE_NOT_FOUND",
      hint: 'Did you mean "prices"?',
    });
    await runThrough("prices", "succeeded");
    const [run] = await runsOf("prices");
    await expect(
      giveCommand(pool, { kind: "cancel", target: run?.id ?? "", by: "ana" }),
    ).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
    expect(await runsOf("prices")).toHaveLength(1);
  });

  it("start and restart queue a run, with who asked", async () => {
    const { pool } = bed.control;
    await bed.register({ prices: {} });
    const { runs } = await giveCommand(pool, { kind: "start", target: "prices", by: "ana" });
    expect(runs).toHaveLength(1);
    const again = await giveCommand(pool, { kind: "restart", target: "prices", by: "ben" });
    expect(again.done).toBe(true);
    expect((await runsOf("prices")).map((run) => run.status).toSorted()).toEqual(["cancelled", "queued"]);
    const { rows } = await pool.query("SELECT kind, requested_by FROM millrace_control.commands ORDER BY id");
    expect(rows).toEqual([
      { kind: "start", requested_by: "ana" },
      { kind: "restart", requested_by: "ben" },
    ]);
  });
});

it("the scheduler that leads prunes the control database again and again, and goes on where that fails", async () => {
  const pruned = Promise.withResolvers<void>();
  const told: unknown[] = [];
  let times = 0;
  const scheduler = new Scheduler({
    control: bed.control,
    // An hour is over at once.
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms < 60_000 ? ms : 1, signal) },
    prune: (signal) => {
      expect(signal.aborted).toBe(false);
      if (++times === 3) pruned.resolve();
      return times === 1 ? Promise.reject(new Error("not now")) : Promise.resolve();
    },
    onError: (error) => told.push(error),
  });
  schedulers.add(scheduler);
  scheduler.start();
  await pruned.promise;
  expect(told).toEqual([new Error("not now")]);
});
