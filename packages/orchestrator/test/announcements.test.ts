import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newRunId } from "@millrace/platform";
import pg from "pg";
import {
  dueAnnouncements,
  forgetAnnouncements,
  forgetSettled,
  keepAnnouncing,
  nextAnnouncementInMs,
  repeatAnnouncements,
  runsAfter,
} from "../src/broker/announcements.ts";
import { giveCommand } from "../src/command/give-command.ts";
import { claimRun, claimRuns } from "../src/queue/claim.ts";
import { enqueue, type NewRun } from "../src/queue/enqueue.ts";
import { HeldRun } from "../src/queue/held-run.ts";
import { RUN_LIMITS } from "../src/queue/run-limits.ts";
import { type Bed, limits, openBed } from "./bed.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  await bed.clear();
  await bed.control.pool.query("TRUNCATE millrace_control.announcements, millrace_control.brokers");
});
afterAll(() => bed.close());

const manual = (pipeline: string, given: Partial<NewRun> = {}): NewRun => ({
  pipeline,
  trigger: "manual",
  limits: RUN_LIMITS,
  ...given,
});
const queue = async (pipeline: string, given: Partial<NewRun> = {}): Promise<string> =>
  (await enqueue(bed.control.pool, [manual(pipeline, given)]))[0] ?? "";
const END = { exitCode: 1, signal: null, peakMemoryBytes: 5, cpuMs: 6, exceptions: 0, lastException: null };
const told = async (): Promise<{ kind: string; subject: string }[]> =>
  (
    await bed.control.pool.query<{ kind: string; subject: string }>(
      "SELECT kind, subject FROM millrace_control.announcements ORDER BY id",
    )
  ).rows;

describe("a run that a message names", () => {
  it("is claimed once, however many workers have the message", async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => bed.session()));
    const clients = sessions.map(() => new pg.Client({ connectionString: bed.control.url }));
    await Promise.all(clients.map((client) => client.connect()));
    const id = await queue("a");
    const claims = await Promise.all(
      sessions.map((session, i) => claimRun(clients[i] as pg.Client, session.id, id, 0)),
    );
    await Promise.all(clients.map((client) => client.end()));
    expect(claims.filter((claim) => claim !== undefined)).toMatchObject([{ id, tries: 1, pipeline: "a" }]);
    expect(await bed.run(id)).toMatchObject({ status: "running", process: { tries: 1 } });
  });

  it("is left alone where it was tried since, or by another worker's queue or labels, or by a worker that drains", async () => {
    const { pool } = bed.control;
    const [plain, draining] = [await bed.session(), await bed.session()];
    await draining.drain();
    const id = await queue("a");
    expect(await claimRun(pool, plain.id, id, 1)).toBeUndefined();
    expect(await claimRun(pool, draining.id, id, 0)).toBeUndefined();
    expect(await claimRun(pool, plain.id, newRunId(), 0)).toBeUndefined();
    const heavy = await queue("b", { limits: limits({ queue: "heavy" }) });
    expect(await claimRun(pool, plain.id, heavy, 0)).toBeUndefined();
    const gpu = await queue("c", { limits: limits({ labels: ["gpu"] }) });
    expect(await claimRun(pool, plain.id, gpu, 0)).toBeUndefined();
    expect(await claimRun(pool, plain.id, id, 0)).toMatchObject({ id });
  });

  /** Each keeps the run "a" from being claimed, and returns what ends that. */
  const obstacles: Record<string, (id: string, worker: string) => Promise<() => Promise<unknown>>> = {
    "is not due": async (id) => {
      await bed.control.pool.query(
        "UPDATE millrace_control.runs SET available_at = clock_timestamp() + interval '1 hour' WHERE id = $1",
        [id],
      );
      return () =>
        bed.control.pool.query("UPDATE millrace_control.runs SET available_at = clock_timestamp()");
    },
    "belongs to a pipeline that runs": async (_, worker) => {
      const other = await queue("a", { limits: limits({ priority: 1 }) });
      const [claim] = await claimRuns(bed.control.pool, worker, 1);
      if (claim === undefined || claim.id !== other) throw new Error("the other one was not claimed");
      return () => new HeldRun(bed.control.pool, claim).died("gone", { ...END, exitCode: 1 });
    },
    "belongs to a pipeline that is paused": async () => {
      await bed.register({ a: {} });
      await bed.control.pool.query("UPDATE millrace_control.pipelines SET paused_at = now()");
      return () => bed.control.pool.query("UPDATE millrace_control.pipelines SET paused_at = NULL");
    },
    "needs a slot of a pool that is full": async (_, worker) => {
      await queue("b", { limits: limits({ priority: 1, pools: ["site"], attempts: 1 }) });
      const [claim] = await claimRuns(bed.control.pool, worker, 1);
      if (claim?.pipeline !== "b") throw new Error("the other one was not claimed");
      return () => new HeldRun(bed.control.pool, claim).died("gone", END);
    },
    "is held by a run by hand": async () => {
      const lease = await bed.control.acquireLease("a", { run: newRunId() });
      return () => lease.release();
    },
  };

  it.each(Object.keys(obstacles))(
    "is left alone where it %s, and so by who claims the next ones",
    async (name) => {
      const { pool } = bed.control;
      const [worker, other] = [await bed.session(), await bed.session()];
      const id = await queue("a", { limits: limits({ pools: ["site"] }) });
      const end = await obstacles[name]?.(id, other.id);
      expect(await claimRun(pool, worker.id, id, 0)).toBeUndefined();
      expect(await claimRuns(pool, worker.id, 4)).toEqual([]);
      await end?.();
      expect(await claimRun(pool, worker.id, id, 0)).toMatchObject({ id });
    },
  );

  it("lets a more urgent one of the worker's queues go first", async () => {
    const { pool } = bed.control;
    const worker = await bed.session({ queues: ["default", "other"] });
    const id = await queue("low");
    const urgent = await queue("high", { limits: limits({ priority: 5, queue: "other" }) });
    await queue("elsewhere", { limits: limits({ priority: 9, queue: "third" }) });
    expect(await claimRun(pool, worker.id, id, 0)).toMatchObject({ id: urgent });
    expect(await claimRun(pool, worker.id, id, 0)).toMatchObject({ id });
  });

  it("gets no slot of a pool twice, however many messages are handled at once", async () => {
    await bed.register({}, { site: 2 });
    const ids = await enqueue(
      bed.control.pool,
      Array.from({ length: 8 }, (_, i) => manual(`p${i}`, { limits: limits({ pools: ["site"] }) })),
    );
    const worker = await bed.session();
    const clients = ids.map(() => new pg.Client({ connectionString: bed.control.url }));
    await Promise.all(clients.map((client) => client.connect()));
    const claims = await Promise.all(ids.map((id, i) => claimRun(clients[i] as pg.Client, worker.id, id, 0)));
    await Promise.all(clients.map((client) => client.end()));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(2);
  });
});

describe("what is to be announced", () => {
  it("is written down only while a broker is used", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    const id = await queue("a");
    const claim = await claimRun(pool, worker.id, id, 0);
    if (claim === undefined) throw new Error("nothing was claimed");
    await new HeldRun(pool, claim).died("gone", END);
    expect(await told()).toEqual([]);
    await keepAnnouncing(pool);
    const next = await queue("b");
    expect(await told()).toEqual([{ kind: "run", subject: next }]);
  });

  it("is written by the transaction that queues, and not where that rolls back", async () => {
    const { pool } = bed.control;
    await keepAnnouncing(pool);
    const client = new pg.Client({ connectionString: bed.control.url });
    await client.connect();
    await client.query("BEGIN");
    await enqueue(client, [manual("a")]);
    await client.query("ROLLBACK");
    expect(await told()).toEqual([]);
    await client.query("BEGIN");
    const [id = ""] = await enqueue(client, [manual("a")]);
    expect(await dueAnnouncements(pool)).toEqual([]);
    await client.query("COMMIT");
    await client.end();
    expect(await dueAnnouncements(pool)).toMatchObject([
      { kind: "run", subject: id, queue: "default", tries: 0, labelled: false },
    ]);
  });

  it("waits until it is due, and is forgotten once it was told or nobody needs it", async () => {
    const { pool } = bed.control;
    await keepAnnouncing(pool);
    await queue("later", { startMs: Date.now() + 60_000 });
    expect(await dueAnnouncements(pool)).toEqual([]);
    expect(await nextAnnouncementInMs(pool, 100_000)).toBeGreaterThan(30_000);
    const now = await queue("now", { limits: limits({ priority: 1 }) });
    const [due] = await dueAnnouncements(pool);
    expect(due).toMatchObject({ subject: now });
    await forgetAnnouncements(pool, [due?.id ?? ""]);
    expect(await dueAnnouncements(pool)).toEqual([]);
    await bed.register({ later: {} });
    await giveCommand(pool, { kind: "cancel", target: "later", by: "ana" });
    await forgetSettled(pool);
    expect(await told()).toEqual([]);
  });

  it("is a run that is to be tried again, and those that waited for its pipeline or its pools", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    await bed.register({ a: {} }, { site: 1, "queue:default": 100 });
    const first = await queue("a", { limits: limits({ pools: ["site"] }) });
    const claim = await claimRun(pool, worker.id, first, 0);
    if (claim === undefined) throw new Error("nothing was claimed");
    const same = await queue("a");
    const sitting = await queue("b", { limits: limits({ pools: ["site"], priority: 3 }) });
    const labelled = await queue("a", { partition: "x", limits: limits({ labels: ["gpu"] }) });
    await queue("a", { startMs: Date.now() + 60_000 });
    await keepAnnouncing(pool);
    expect(await runsAfter(pool, [first])).toMatchObject([{ id: labelled, labelled: true }]);
    await new HeldRun(pool, claim).died("gone", END);
    expect(await told()).toEqual([
      { kind: "freed", subject: first },
      { kind: "run", subject: first },
    ]);
    expect((await runsAfter(pool, [first])).map(({ id }) => id)).toEqual([sitting, labelled]);
    // The one that was interrupted goes on before a later one of its pipeline begins.
    await giveCommand(pool, { kind: "cancel", target: first, by: "ana" });
    expect((await told()).at(-1)).toEqual({ kind: "freed", subject: first });
    expect((await runsAfter(pool, [first])).map(({ id }) => id)).toEqual([sitting, same, labelled]);
  });

  it("are the runs of a pipeline that goes on, and commands for runs that go on with the worker that has them", async () => {
    const { pool } = bed.control;
    const worker = await bed.session();
    await bed.register({ a: {}, b: {} });
    const running = await queue("b");
    await claimRun(pool, worker.id, running, 0);
    await giveCommand(pool, { kind: "pause", target: "a", by: "ana" });
    const waiting = await queue("a");
    await keepAnnouncing(pool);
    await giveCommand(pool, { kind: "resume", target: "a", by: "ana" });
    await giveCommand(pool, { kind: "cancel", target: "b", by: "ana" });
    expect(await dueAnnouncements(pool)).toMatchObject([
      { kind: "run", subject: waiting },
      { kind: "command", command: "cancel", worker: worker.id, run: running },
    ]);
  });

  it("is repeated for what may be claimed, once for each run", async () => {
    const { pool } = bed.control;
    const ids = await enqueue(pool, [manual("a"), manual("a"), manual("b")]);
    const gpu = await queue("c", { limits: limits({ labels: ["gpu"] }) });
    await repeatAnnouncements(pool, "default");
    await repeatAnnouncements(pool, "default");
    const subjects = (await told()).map(({ subject }) => subject);
    expect(subjects.toSorted()).toEqual(ids.toSorted());
    expect(subjects).not.toContain(gpu);
  });
});
