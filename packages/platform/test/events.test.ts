import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type EventOf,
  type PlatformEvent,
  pruneEvents,
  publish,
  type ReceivedEvent,
  subscribe,
  type SubscribeOptions,
  type Subscription,
} from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { migrate } from "../src/store/migrate.ts";
import { spawnChild } from "./child.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

let server: TestPostgres;
let url: string;
let pool: pg.Pool;
const open = new Set<Subscription>();
const pools: pg.Pool[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
  url = await server.createDatabase();
  pool = poolFor(url);
  await migrate(pool);
});
afterEach(async () => {
  await Promise.all([...open].map((subscription) => subscription.close()));
  open.clear();
});
afterAll(async () => {
  for (const each of pools) await each.end();
  await server.stop();
});

function poolFor(address: string): pg.Pool {
  const made = new pg.Pool({ connectionString: address, max: 12 });
  made.on("error", () => undefined);
  pools.push(made);
  return made;
}

function queued(pipeline = "quakes", run: string = randomUUID()): EventOf<"run.queued"> {
  return {
    type: "run.queued",
    at: new Date().toISOString(),
    pipeline,
    run,
    data: { trigger: "manual" },
  };
}

/** A subscriber that keeps what it gets. */
async function listen(
  options: Partial<SubscribeOptions> = {},
): Promise<{ got: ReceivedEvent[]; subscription: Subscription; errors: unknown[] }> {
  const got: ReceivedEvent[] = [];
  const errors: unknown[] = [];
  const subscription = await subscribe({
    pool,
    handler: (event) => void got.push(event),
    onError: (error) => errors.push(error),
    ...options,
  });
  open.add(subscription);
  return { got, subscription, errors };
}

const runs = (events: readonly PlatformEvent[]): (string | undefined)[] => events.map(({ run }) => run);

describe("publishing", () => {
  it("reaches every subscriber with all that was said", async () => {
    const [one, two] = [await listen(), await listen({ consumer: "all" })];
    const finished: EventOf<"run.finished"> = {
      type: "run.finished",
      at: "2026-05-01T10:00:00.123Z",
      pipeline: "quakes",
      group: "geo",
      run: randomUUID(),
      worker: "alpha",
      data: {
        status: "failed",
        counts: { quakes: { read: 3 } },
        durationMs: 12,
        error: { code: "MLR_SOURCE_FAILED", message: "503 \0 from example.org", hint: "Wait." },
      },
    };
    await publish(pool, finished);
    const wanted = structuredClone(finished);
    const error = { code: "MLR_SOURCE_FAILED", message: "503 \uFFFD from example.org", hint: "Wait." };
    for (const { got } of [one, two]) {
      await expect.poll(() => got.length).toBe(1);
      expect(got[0]).toMatchObject({ ...wanted, data: { ...wanted.data, error } });
    }
    expect(one.got[0]?.id).toBe(two.got[0]?.id);
  });

  it("is part of the caller's transaction", async () => {
    const { got } = await listen();
    const client = await pool.connect();
    await client.query("BEGIN");
    await publish(client, [queued("rolled back"), queued("rolled back")]);
    await client.query("ROLLBACK");
    await client.query("BEGIN");
    await publish(client, [queued("kept"), queued("kept")]);
    await client.query("COMMIT");
    client.release();
    await expect.poll(() => got.map(({ pipeline }) => pipeline)).toEqual(["kept", "kept"]);
  });

  it("cuts what is too long to be news", async () => {
    const { got } = await listen();
    const message = "x".repeat(1_000_000);
    await publish(pool, {
      type: "source.silent",
      at: new Date().toISOString(),
      data: { silentMs: 1, message } as never,
    });
    await expect.poll(() => got.length).toBe(1);
    expect(JSON.stringify(got[0]).length).toBeLessThan(10_000);
  });
});

describe("a subscriber", () => {
  it("gets only the types that it asked for, and goes on behind the others", async () => {
    const { got } = await listen({ types: ["pipeline.enabled"], consumer: "choosy" });
    await publish(pool, [queued(), { type: "pipeline.enabled", at: new Date().toISOString(), data: {} }]);
    await publish(pool, queued());
    await expect.poll(() => got.map(({ type }) => type)).toEqual(["pipeline.enabled"]);
  });

  it("misses no event of a transaction that began first and commits last, and is not held up by it", async () => {
    const { got } = await listen({ consumer: "late" });
    const [slow, quick] = [await pool.connect(), await pool.connect()];
    const [first, second] = [queued(), queued()];
    await slow.query("BEGIN");
    await publish(slow, first);
    await publish(quick, second);
    await expect.poll(() => runs(got)).toEqual([second.run]);
    await slow.query("COMMIT");
    await expect.poll(() => runs(got)).toEqual([second.run, first.run]);
    slow.release();
    quick.release();
  });

  it("is not held up by a long transaction of something else", async () => {
    const { got } = await listen({ consumer: "unconcerned" });
    const other = await pool.connect();
    await other.query("BEGIN");
    await other.query("CREATE TABLE long_load (x integer)");
    await publish(pool, queued());
    await expect.poll(() => got.length).toBe(1);
    await other.query("ROLLBACK");
    other.release();
  });

  it("gets all of many writers' events once, those of each writer in their order", async () => {
    const readers = [await listen({ consumer: "many" }), await listen(), await listen()];
    const writers = 8;
    const each = 60;
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const client = await pool.connect();
        for (let n = 0; n < each; n++) {
          await client.query("BEGIN");
          await publish(client, { ...queued(`w${writer}`), data: { trigger: String(n) } });
          // Half of them stay open for a while, so that commits come in another order than ids.
          if ((n + writer) % 2 === 0) await client.query("SELECT pg_sleep(0.002)");
          await client.query(n % 10 === 9 ? "ROLLBACK" : "COMMIT");
        }
        client.release();
      }),
    );
    const wanted = Array.from({ length: each }, (_, n) => n).filter((n) => n % 10 !== 9);
    for (const { got } of readers) {
      await expect.poll(() => got.length, { timeout: 20_000 }).toBe(writers * wanted.length);
      for (let writer = 0; writer < writers; writer++) {
        const own = got.filter(({ pipeline }) => pipeline === `w${writer}`);
        expect(own.map(({ data }) => Number((data as { trigger: string }).trigger))).toEqual(wanted);
      }
      expect(runs(got)).toEqual(runs(readers[0]!.got));
    }
  });

  it("gets an event again whose handler failed, before the next one", async () => {
    const tries: (string | undefined)[] = [];
    const { errors } = await listen({
      handler: ({ pipeline }) => {
        tries.push(pipeline);
        if (tries.length < 3) throw new Error("not now");
      },
    });
    await publish(pool, [queued("a"), queued("b")]);
    await expect.poll(() => tries).toEqual(["a", "a", "a", "b"]);
    expect(errors).toHaveLength(2);
  });

  it("goes on where it was when it comes back, and does not begin with what is old", async () => {
    await publish(pool, queued("before"));
    const first = await listen({ consumer: "returning" });
    await publish(pool, queued("seen"));
    await expect.poll(() => first.got.length).toBe(1);
    await first.subscription.close();
    await publish(pool, queued("missed"));
    const second = await listen({ consumer: "returning" });
    await publish(pool, queued("new"));
    await expect.poll(() => second.got.map(({ pipeline }) => pipeline)).toEqual(["missed", "new"]);
    expect(first.got.map(({ pipeline }) => pipeline)).toEqual(["seen"]);
  });

  it(
    "shares its work with nobody while it lives, and is replaced when it is killed",
    { timeout: 90_000 },
    async () => {
      const child = spawnChild("subscribe-events", { args: [url, "shared"] });
      expect(await child.line()).toBe("ready");
      const first = queued();
      await publish(pool, first);
      expect(await child.line()).toBe(first.run);
      const { got } = await listen({ consumer: "shared", pollMs: 100, leaseMs: 600_000 });
      const sent = Array.from({ length: 5 }, () => queued());
      for (const event of sent) {
        await publish(pool, event);
        expect(await child.line()).toBe(event.run);
      }
      await child.kill();
      const after = Array.from({ length: 5 }, () => queued());
      await publish(pool, after);
      await expect.poll(() => runs(got).slice(-5), { timeout: 10_000 }).toEqual(runs(after));
      // At least once: what the killed one handled last may have come again, nothing is missing or out of order.
      expect(runs([first, ...sent, ...after]).join()).toContain(runs(got).join());
    },
  );

  it("takes over from one that is stopped when its lease is over, and that one then writes nothing", async () => {
    const proxy = await startTcpProxy(server.port);
    const handled: string[] = [];
    const held = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const stuck = await listen({
      pool: poolFor(proxy.through(url)),
      consumer: "stuck",
      leaseMs: 600,
      handler: async (_, context) => {
        began.resolve();
        await held.promise;
        const client = await pool.connect();
        try {
          await client.query("BEGIN");
          await context.advance(client);
          handled.push("stuck");
          await client.query("COMMIT");
        } finally {
          await client.query("ROLLBACK");
          client.release();
        }
      },
    });
    await publish(pool, queued());
    await began.promise;
    proxy.hold();
    const { got } = await listen({ consumer: "stuck", pollMs: 100, leaseMs: 600 });
    await expect.poll(() => got.length, { timeout: 10_000 }).toBe(1);
    held.resolve();
    await expect.poll(() => stuck.errors.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(handled).toEqual([]);
    await proxy.close();
  });

  it("can write exactly once in the transaction that moves it on", async () => {
    await pool.query("CREATE TABLE handled (run uuid)");
    let calls = 0;
    await listen({
      consumer: "exact",
      handler: async (event, context) => {
        calls += 1;
        const client = await pool.connect();
        try {
          await client.query("BEGIN");
          await client.query("INSERT INTO handled VALUES ($1)", [event.run]);
          await context.advance(client);
          await client.query("COMMIT");
        } finally {
          await client.query("ROLLBACK");
          client.release();
        }
        // It has committed, and nobody knows: the event must not be handled again.
        if (calls === 1) throw new Error("connection lost");
      },
    });
    const events = [queued(), queued(), queued()];
    await publish(pool, events);
    await expect
      .poll(async () =>
        (await pool.query<{ run: string }>("SELECT run FROM handled")).rows.map(({ run }) => run),
      )
      .toEqual(runs(events));
  });

  it("connects again when its connection is cut, and misses nothing", async () => {
    const proxy = await startTcpProxy(server.port);
    const { got, errors } = await listen({ pool: poolFor(proxy.through(url)), consumer: "cut" });
    await publish(pool, queued("one"));
    await expect.poll(() => got.length).toBe(1);
    proxy.cut();
    await publish(pool, queued("two"));
    await expect.poll(() => got.map(({ pipeline }) => pipeline), { timeout: 10_000 }).toEqual(["one", "two"]);
    expect(errors.length).toBeGreaterThan(0);
    await [...open].at(-1)?.close();
    await proxy.close();
  });
});

describe("pruning", () => {
  it("deletes by age and by number, and leaves what a subscriber has still to handle", async () => {
    const own = poolFor(await server.createDatabase());
    await migrate(own);
    const at = (day: number): PlatformEvent => ({ ...queued(), at: `2026-01-0${day}T00:00:00Z` });
    const left = async (): Promise<number> =>
      Number(
        (await own.query<{ n: string }>("SELECT count(*) AS n FROM millrace_control.events")).rows[0]?.n,
      );
    await publish(own, [1, 2, 3, 4, 5, 6].map(at));
    expect(await pruneEvents(own, { olderThan: new Date("2026-01-03T00:00:00Z") })).toBe(2);
    expect(await pruneEvents(own, { keep: 3 })).toBe(1);
    expect(await pruneEvents(own, {})).toBe(0);
    const reader = await listen({ pool: own, consumer: "behind" });
    await reader.subscription.close();
    await publish(own, [7, 8].map(at));
    expect(await pruneEvents(own, { keep: 0 })).toBe(3);
    expect(await left()).toBe(2);
    await own.query("UPDATE millrace_control.event_cursors SET beat_at = now() - interval '8 days'");
    expect(await pruneEvents(own, { keep: 1 })).toBe(1);
  });
});
