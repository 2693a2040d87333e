import { once } from "node:events";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ControlStore, type Lease, newRunId, openControl } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { type Child, spawnChild } from "./child.ts";
import { startTcpProxy } from "./tcp-proxy.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

/** Long enough for a busy machine, short enough to wait for. */
const LEASE_MS = 3_000;
const BEAT_MS = 100;
const QUICK = { leaseMs: LEASE_MS, beatMs: BEAT_MS };

let server: TestPostgres;
let folder: string;
let url: string;
let control: ControlStore;
let database: pg.Client;
const open = new Set<Lease>();

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startTestPostgres();
  url = await server.createDatabase();
  control = await openControl(url, { fallbackDirectory: join(folder, "fallback") });
  database = new pg.Client({ connectionString: url });
  await database.connect();
});
afterEach(async () => {
  for (const lease of open) await lease.release();
  open.clear();
});
afterAll(async () => {
  await database.end();
  await control.close();
  await server.stop();
  await removeFolder(folder);
});

async function take(pipeline: string, options: { store?: ControlStore; run?: string } = {}): Promise<Lease> {
  const { store = control, run = newRunId() } = options;
  const lease = await store.acquireLease(pipeline, { run, ...QUICK });
  open.add(lease);
  return lease;
}

async function tryTake(pipeline: string): Promise<Lease | undefined> {
  return take(pipeline).catch(() => undefined);
}

async function holdElsewhere(pipeline: string, leaseMs = LEASE_MS): Promise<Child & { run: string }> {
  const args = [url, pipeline, String(leaseMs), String(BEAT_MS), join(folder, "fallback")];
  const child = spawnChild("hold-lease", { args });
  const { run } = JSON.parse(await child.line()) as { run: string };
  return { ...child, run };
}

async function lockedBySession(pipeline: string): Promise<boolean> {
  const { rows } = await database.query<{ locked: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks, millrace_control.leases WHERE locktype = 'advisory' AND pipeline = $1
       AND ((classid::bigint << 32) | objid::bigint) = lock_key) AS locked`,
    [pipeline],
  );
  return rows[0]?.locked ?? false;
}

describe("a lease", () => {
  it("is held by one, and the next one is told by whom", async () => {
    const run = newRunId();
    const lease = await take("held", { run });
    await expect(take("held")).rejects.toMatchObject({
      code: "MLR_LEASE_HELD",
      message: expect.stringMatching(
        new RegExp(`"held" .* process ${process.pid} on this machine since 20..-.*Z .*${run}`),
      ),
      hint: expect.stringContaining("3 s after its last heartbeat"),
      details: { pid: process.pid, run },
    });
    await lease.release();
    await lease.release();
    await take("held");
  });

  it("is kept apart by pipeline and by partition", async () => {
    await take("one");
    await take("two");
    open.add(await control.acquireLease("one", { run: newRunId(), partition: "eu", ...QUICK }));
    await expect(control.acquireLease("one", { run: newRunId(), partition: "eu" })).rejects.toMatchObject({
      code: "MLR_LEASE_HELD",
    });
  });

  it("goes to exactly one of many who ask at once", async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => tryTake("crowd")));
    expect(all.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  it("is taken over at once from a holder that is dead", async () => {
    const holder = await holdElsewhere("dead", 600_000);
    await expect(take("dead")).rejects.toMatchObject({
      code: "MLR_LEASE_HELD",
      details: { pid: holder.pid },
    });
    await holder.kill();
    await expect.poll(() => tryTake("dead"), { timeout: 10_000 }).toBeDefined();
  });

  it("is taken over from a stopped holder when its time is up, and the holder finds out when it goes on", async () => {
    const holder = await holdElsewhere("stopped");
    holder.signal("SIGSTOP");
    try {
      await expect.poll(() => tryTake("stopped"), { timeout: 20_000 }).toBeDefined();
      const [lease] = open;
      expect(await lockedBySession("stopped")).toBe(true);
      holder.signal("SIGCONT");
      expect(JSON.parse(await holder.line())).toMatchObject({
        lost: { code: "MLR_LEASE_LOST", message: expect.stringContaining("taken it over") },
      });
      expect(lease?.lost.aborted).toBe(false);
    } finally {
      await holder.kill();
    }
  });

  it("that was taken over from a stopped holder is safe when that holder is killed", async () => {
    const holder = await holdElsewhere("zombie");
    holder.signal("SIGSTOP");
    await expect.poll(() => tryTake("zombie"), { timeout: 20_000 }).toBeDefined();
    await holder.kill();
    // The dead holder's lock is free now; it must not look as if the new holder were dead.
    for (let i = 0; i < 20; i++) expect(await tryTake("zombie")).toBeUndefined();
    const { rows } = await database.query(
      "SELECT locked FROM millrace_control.leases WHERE pipeline = 'zombie'",
    );
    expect(rows).toHaveLength(1);
    await expect.poll(() => lockedBySession("zombie"), { timeout: 10_000 }).toBe(true);
    expect([...open][0]?.lost.aborted).toBe(false);
  });

  it("survives code that keeps the thread busy for longer than it lasts", async () => {
    const lease = await take("busy");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LEASE_MS * 1.2);
    await expect
      .poll(async () => {
        const { rows } = await database.query<{ alive: boolean }>(
          "SELECT expires_at > clock_timestamp() AS alive FROM millrace_control.leases WHERE pipeline = 'busy'",
        );
        return rows[0]?.alive;
      })
      .toBe(true);
    expect(lease.lost.aborted).toBe(false);
  });

  it("survives a lost connection, and takes its lock again", async () => {
    const lease = await take("reconnect");
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()`,
    );
    await expect.poll(() => lockedBySession("reconnect"), { timeout: 10_000 }).toBe(true);
    expect(lease.lost.aborted).toBe(false);
    await expect(take("reconnect")).rejects.toMatchObject({ code: "MLR_LEASE_HELD" });
  });

  it("is lost when no heartbeat gets through", async () => {
    const proxy = await startTcpProxy(server.port);
    const remote = await openControl(proxy.through(url), { fallbackDirectory: join(folder, "fallback") });
    try {
      const lease = await take("cut off", { store: remote });
      proxy.hold();
      const begun = performance.now();
      if (!lease.lost.aborted) await once(lease.lost, "abort");
      expect(lease.lost.reason).toMatchObject({ code: "MLR_LEASE_LOST", retry: "never" });
      // Before its time is up for others: it must stop writing while nobody else may write.
      const { rows } = await database.query<{ left: number }>(
        `SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 AS left
         FROM millrace_control.leases WHERE pipeline = 'cut off'`,
      );
      expect(rows[0]?.left, `lost after ${performance.now() - begun} ms`).toBeGreaterThan(0);
      await lease.release();
    } finally {
      await proxy.close();
      await remote.close();
    }
  });

  it("refuses a heartbeat that is too slow for it", async () => {
    await expect(
      control.acquireLease("slow", { run: newRunId(), leaseMs: 1000, beatMs: 900 }),
    ).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  });
});

describe("attempt numbers", () => {
  it("rise for ever, above what the destination knows", async () => {
    const first = await take("numbers");
    expect(await first.attempts.next()).toBe(1n);
    expect(await first.attempts.next()).toBe(2n);
    expect(await first.attempts.next(2n ** 53n)).toBe(2n ** 53n + 1n);
    expect(await first.attempts.next(5n)).toBe(2n ** 53n + 2n);
    await first.release();
    const second = await take("numbers");
    expect(await second.attempts.next()).toBe(2n ** 53n + 3n);
  });

  it("are not given to one who has lost the lease", async () => {
    const lease = await take("robbed");
    await database.query(
      "UPDATE millrace_control.leases SET token = gen_random_uuid() WHERE pipeline = 'robbed'",
    );
    await expect(lease.attempts.next()).rejects.toMatchObject({ code: "MLR_LEASE_LOST" });
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    await database.query("DELETE FROM millrace_control.leases WHERE pipeline = 'robbed'");
  });
});

describe("runs that died", () => {
  it("are found by their lease, and living ones are left alone", async () => {
    await control.runs.reap();
    const [dead, living] = await Promise.all([holdElsewhere("reaped"), holdElsewhere("alive", 600_000)]);
    expect(await control.runs.reap()).toEqual([]);
    await dead.kill();
    await expect
      .poll(async () => (await control.runs.reap()).map(({ id }) => id), { timeout: 10_000 })
      .toEqual([dead.run]);
    expect(await control.runs.get(dead.run)).toMatchObject({
      status: "died",
      error: { message: expect.stringContaining(`Process ${dead.pid}`) },
    });
    expect(await control.runs.get(living.run)).toMatchObject({ status: "running", pid: living.pid });
    await living.kill();
  });

  it("are closed by the next run of their pipeline", async () => {
    const dead = await holdElsewhere("next");
    await dead.kill();
    await expect.poll(() => tryTake("next"), { timeout: 10_000 }).toBeDefined();
    const run = newRunId();
    const [lease] = open;
    await control.runs.begin({ run, pipeline: "next", trigger: "manual", lease: lease! });
    const records = await control.runs.list({ pipeline: "next" });
    expect(records.map(({ id, status }) => [id, status])).toEqual([
      [run, "running"],
      [dead.run, "died"],
    ]);
  });
});
