import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newRunId } from "@millrace/platform";
import pg from "pg";
import { claimRuns, nextRunInMs } from "../src/queue/claim.ts";
import { enqueue, type NewRun } from "../src/queue/enqueue.ts";
import { HeldRun, type RunState } from "../src/queue/held-run.ts";
import { reapDeadWorkers } from "../src/queue/reap.ts";
import { returnUnknown } from "../src/queue/return-unknown.ts";
import { RUN_LIMITS } from "../src/queue/run-limits.ts";
import { type Bed, limits, openBed } from "./bed.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(() => bed.clear());
afterAll(() => bed.close());

const manual = (pipeline: string, given: Partial<NewRun> = {}): NewRun => ({
  pipeline,
  trigger: "manual",
  limits: RUN_LIMITS,
  ...given,
});
const STATE: RunState = { attempt: "7", continues: null, counts: {}, checkpoint: {}, withheld: {}, log: [] };
const END = { exitCode: 0, signal: null, peakMemoryBytes: 5, cpuMs: 6, exceptions: 0, lastException: null };
const report = (status: "succeeded" | "failed") => ({
  run: "",
  pipeline: "a",
  status,
  startedAt: "",
  durationMs: 12,
  attempt: "7",
  resumed: false,
  tables: {},
  checkpoint: {},
  withheld: {},
});

/** Ends a session as the death of its process would: without a word. */
async function breakSession(worker: string): Promise<void> {
  await bed.control.pool.query(
    `SELECT pg_terminate_backend(lock.pid) FROM pg_locks AS lock, millrace_control.workers AS worker
     WHERE lock.locktype = 'advisory' AND worker.id = $1
       AND lock.classid = ((worker.lock_key >> 32) & 4294967295)::oid AND lock.objid = (worker.lock_key & 4294967295)::oid`,
    [worker],
  );
}

describe("a run in the queue", () => {
  it("is claimed once, and its record says by whom", async () => {
    const { pool } = bed.control;
    const [one, two] = [await bed.session(), await bed.session()];
    const [id = ""] = await enqueue(pool, [manual("a", { requestedBy: "ana" })]);
    const claims = await Promise.all([claimRuns(pool, one.id, 4), claimRuns(pool, two.id, 4)]);
    expect(claims.flat().map((claim) => claim.id)).toEqual([id]);
    const holder = claims[0].length === 1 ? one.id : two.id;
    expect(await bed.run(id)).toMatchObject({
      status: "running",
      process: { worker: holder, tries: 1, maxTries: 3 },
      queueing: { requestedBy: "ana" },
    });
  });

  it("is taken by one of many that claim at the same time, and none is taken twice or forgotten", async () => {
    const { pool } = bed.control;
    const names = Array.from({ length: 60 }, (_, i) => `p${i}`);
    const ids = await enqueue(
      pool,
      names.map((name) => manual(name)),
    );
    const sessions = await Promise.all(Array.from({ length: 4 }, () => bed.session()));
    const clients = sessions.map(() => new pg.Client({ connectionString: bed.control.url }));
    await Promise.all(clients.map((client) => client.connect()));
    const taken = await Promise.all(
      sessions.map(async (session, i) => {
        const mine: string[] = [];
        for (;;) {
          const claims = await claimRuns(clients[i] as pg.Client, session.id, 3);
          if (claims.length === 0) return mine;
          mine.push(...claims.map((claim) => claim.id));
        }
      }),
    );
    await Promise.all(clients.map((client) => client.end()));
    expect(taken.flat().toSorted()).toEqual(ids.toSorted());
  });

  it("of one fire is one run, whoever queues it", async () => {
    const { pool } = bed.control;
    const fire = manual("a", { trigger: "schedule", dueMs: Date.UTC(2026, 0, 1) });
    const queued = await Promise.all([enqueue(pool, [fire]), enqueue(pool, [fire]), enqueue(pool, [fire])]);
    expect(queued.flat()).toHaveLength(1);
  });

  it("waits where another scheduled one of its pipeline does, if only one is to wait", async () => {
    const { pool } = bed.control;
    const fire = (minute: number, onlyOneWaits: boolean): NewRun =>
      manual("a", { trigger: "schedule", dueMs: Date.UTC(2026, 0, 1, 0, minute), onlyOneWaits });
    expect(await enqueue(pool, [fire(1, true)])).toHaveLength(1);
    expect(await enqueue(pool, [fire(2, true)])).toHaveLength(0);
    expect(await enqueue(pool, [fire(3, false)])).toHaveLength(1);
  });

  it("goes by priority, then by time; not before its time, and not to who lacks a label or its queue", async () => {
    const { pool } = bed.control;
    const [low = ""] = await enqueue(pool, [manual("low")]);
    const [high = ""] = await enqueue(pool, [manual("high", { limits: limits({ priority: 5 }) })]);
    await enqueue(pool, [manual("later", { startMs: Date.now() + 60_000 })]);
    await enqueue(pool, [manual("gpu", { limits: limits({ labels: ["gpu"] }) })]);
    await enqueue(pool, [manual("heavy", { limits: limits({ queue: "heavy" }) })]);
    const plain = await bed.session();
    expect((await claimRuns(pool, plain.id, 10)).map((claim) => claim.id)).toEqual([high, low]);
    const wait = await nextRunInMs(pool, ["default"], 100_000);
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
    const special = await bed.session({ queues: ["heavy", "default"], labels: ["gpu", "x"] });
    expect((await claimRuns(pool, special.id, 10)).map((claim) => claim.pipeline).toSorted()).toEqual([
      "gpu",
      "heavy",
    ]);
  });

  it("waits while its pipeline runs, also by hand, and beside other partitions", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    await enqueue(pool, [manual("a"), manual("a"), manual("a", { partition: "2026-01" })]);
    expect((await claimRuns(pool, worker.id, 10)).map((claim) => claim.partition).toSorted()).toEqual([
      "",
      "2026-01",
    ]);
    const byHand = await bed.control.acquireLease("b", { run: newRunId() });
    await enqueue(pool, [manual("b")]);
    expect(await claimRuns(pool, worker.id, 10)).toEqual([]);
    await byHand.release();
    expect(await claimRuns(pool, worker.id, 10)).toHaveLength(1);
    await expect(bed.control.acquireLease("b", { run: newRunId() })).rejects.toMatchObject({
      code: "MLR_LEASE_HELD",
    });
  });

  it("holds a slot of its pools while it goes on, however many claim at once", async () => {
    const { pool } = bed.control;
    await bed.register({}, { site: 2, "group:geo": 3 });
    const pools = limits({ pools: ["site"] });
    await enqueue(
      pool,
      Array.from({ length: 8 }, (_, i) => manual(`p${i}`, { limits: pools })),
    );
    await enqueue(
      pool,
      Array.from({ length: 8 }, (_, i) => manual(`g${i}`, { group: "geo" })),
    );
    const sessions = await Promise.all(Array.from({ length: 4 }, () => bed.session()));
    const claims = (await Promise.all(sessions.map((session) => claimRuns(pool, session.id, 10)))).flat();
    expect(claims.filter((claim) => claim.pipeline.startsWith("p"))).toHaveLength(2);
    expect(claims.filter((claim) => claim.pipeline.startsWith("g"))).toHaveLength(3);
    const [first] = claims.filter((claim) => claim.pipeline.startsWith("p"));
    if (first === undefined) throw new Error("nothing was claimed");
    await new HeldRun(pool, first).finish(report("succeeded"), STATE, END);
    const [session] = sessions;
    const next = await claimRuns(pool, session?.id ?? "", 10);
    expect(next.map((claim) => claim.pipeline.slice(0, 1))).toEqual(["p"]);
  });
});

describe("a run that is held", () => {
  it("records how far it is and how it ended, and frees its lease", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    await enqueue(pool, [manual("a", { request: { params: { key: "hidden" }, full: true } })]);
    const [claim] = await claimRuns(pool, worker.id, 1);
    if (claim === undefined) throw new Error("nothing was claimed");
    expect(claim.request).toEqual({ params: { key: "hidden" }, full: true });
    const held = new HeldRun(pool, claim);
    expect(await held.started({ worker: worker.id, host: "h", pid: 42 })).toBe(true);
    expect(await held.record({ ...STATE, continues: newRunId() })).toBe(true);
    expect(await held.finish(report("succeeded"), STATE, END)).toBe(true);
    const record = await bed.run(claim.id);
    expect(record).toMatchObject({
      status: "succeeded",
      attempt: "7",
      pid: 42,
      resumed: true,
      durationMs: 12,
      process: { exitCode: 0, peakMemoryBytes: 5, cpuMs: 6 },
      options: { full: true, params: ["key"] },
    });
    const { rows } = await pool.query(
      "SELECT request FROM millrace_control.runs WHERE id = $1 UNION ALL SELECT holder FROM millrace_control.leases",
      [claim.id],
    );
    expect(rows).toEqual([{ request: null }]);
  });

  it("is queued again when its worker's session ends, and the old holder changes nothing any more", async () => {
    const { pool } = bed.control;
    const [dead, alive] = [await bed.session(), await bed.session()];
    await enqueue(pool, [manual("a")]);
    const [first] = await claimRuns(pool, dead.id, 1);
    if (first === undefined) throw new Error("nothing was claimed");
    expect(await reapDeadWorkers(pool)).toBe(0);
    await breakSession(dead.id);
    const told: unknown[] = [];
    await expect.poll(() => reapDeadWorkers(pool, (attempts) => told.push(...attempts))).toBe(1);
    expect(told).toEqual([{ pipeline: "a", status: "queued" }]);
    expect(await bed.run(first.id)).toMatchObject({ status: "queued", error: { code: "MLR_RUN_DIED" } });
    await pool.query("UPDATE millrace_control.runs SET available_at = clock_timestamp()");
    const [second] = await claimRuns(pool, alive.id, 1);
    expect(second).toMatchObject({ id: first.id, tries: 2 });
    const zombie = new HeldRun(pool, first);
    expect(await zombie.record(STATE)).toBe(false);
    expect(await zombie.ending("cancel")).toBe(false);
    expect(await zombie.finish(report("succeeded"), STATE, END)).toBe(false);
    expect(await zombie.died("late", END)).toBe(false);
    expect(await bed.run(first.id)).toMatchObject({ status: "running", process: { worker: alive.id } });
  });

  it("is queued again when its worker does not answer for the length of the lease, though its session lives", async () => {
    const { pool } = bed.control;
    const stopped = await bed.session({ leaseMs: 60_000 });
    await enqueue(pool, [manual("a")]);
    const [claim] = await claimRuns(pool, stopped.id, 1);
    await pool.query("UPDATE millrace_control.workers SET expires_at = clock_timestamp() - interval '1 ms'");
    expect(await reapDeadWorkers(pool)).toBe(1);
    expect(await bed.run(claim?.id ?? "")).toMatchObject({ status: "queued" });
  });

  it("goes on before a later run of its pipeline begins, also while it waits to be tried again", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    const [first = ""] = await enqueue(pool, [manual("a")]);
    const [claim] = await claimRuns(pool, worker.id, 1);
    if (claim === undefined) throw new Error("nothing was claimed");
    await enqueue(pool, [manual("a")]);
    await new HeldRun(pool, claim).died("gone", END);
    // The later one is due, the interrupted one not yet.
    expect(await claimRuns(pool, worker.id, 10)).toEqual([]);
    await pool.query("UPDATE millrace_control.runs SET available_at = clock_timestamp()");
    expect((await claimRuns(pool, worker.id, 10)).map(({ id }) => id)).toEqual([first]);
  });

  it("dies for good when its attempts are used up, unless its worker was only stopped", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    const [id = ""] = await enqueue(pool, [manual("a", { limits: limits({ attempts: 2 }) })]);
    const dies = async (uncounted: boolean): Promise<void> => {
      await pool.query("UPDATE millrace_control.runs SET available_at = clock_timestamp()");
      const [claim] = await claimRuns(pool, worker.id, 1);
      if (claim === undefined) throw new Error("nothing was claimed");
      await new HeldRun(pool, claim).died("gone", { ...END, exitCode: null, signal: "SIGKILL" }, uncounted);
    };
    await dies(true);
    await dies(false);
    expect(await bed.run(id)).toMatchObject({ status: "queued", process: { tries: 1 } });
    await dies(false);
    expect(await bed.run(id)).toMatchObject({
      status: "died",
      error: { code: "MLR_RUN_DIED", message: "gone" },
      process: { tries: 2, signal: "SIGKILL" },
    });
  });

  it("is given back by a worker that does not know of it", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    await enqueue(pool, [manual("a"), manual("b")]);
    const [known, unknown] = await claimRuns(pool, worker.id, 2);
    expect(await returnUnknown(pool, worker.id, [known?.id ?? ""])).toBe(1);
    expect(await bed.run(known?.id ?? "")).toMatchObject({ status: "running" });
    expect(await bed.run(unknown?.id ?? "")).toMatchObject({ status: "queued", process: { tries: 0 } });
  });

  it("that was to end has ended when its worker is gone", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    await enqueue(pool, [manual("a"), manual("b"), manual("c")]);
    const ends = ["cancel", "stop", "timeout"] as const;
    const claims = await claimRuns(pool, worker.id, 3);
    for (const [i, claim] of claims.entries()) await new HeldRun(pool, claim).ending(ends[i] ?? "stop");
    await breakSession(worker.id);
    await expect.poll(() => reapDeadWorkers(pool)).toBe(3);
    const records = await Promise.all(claims.map((claim) => bed.run(claim.id)));
    expect(records.map((record) => record.status)).toEqual(["cancelled", "stopped", "failed"]);
    expect(records[2]?.error?.code).toBe("MLR_RUN_TIMEOUT");
  });

  it("disables its pipeline after as many failures in a row as that says", async () => {
    const { pool } = bed.control;
    await bed.register({ a: { limits: limits({ disableAfter: 2 }) } });
    const worker = await bed.session();
    const fails = async (status: "succeeded" | "failed"): Promise<boolean | null> => {
      await enqueue(pool, [manual("a")]);
      const [claim] = await claimRuns(pool, worker.id, 1);
      if (claim === undefined) throw new Error("nothing was claimed");
      await new HeldRun(pool, claim).finish(report(status), STATE, END);
      const { rows } = await pool.query<{ enabled: boolean | null }>(
        "SELECT enabled FROM millrace_control.pipelines",
      );
      return rows[0]?.enabled ?? null;
    };
    expect([await fails("failed"), await fails("succeeded"), await fails("failed")]).toEqual([
      null,
      null,
      null,
    ]);
    expect(await fails("failed")).toBe(false);
  });
});
