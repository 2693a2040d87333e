import { MillraceError } from "@millrace/core";
import {
  listNotifications,
  type NotificationRecord,
  pruneNotifications,
  publish,
  sendTest,
  slack,
  startNotifier,
  webhook,
} from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { spawnChild } from "../child.ts";
import { startTcpProxy } from "../tcp-proxy.ts";
import { type Bed, failed, HOUR, MINUTE, notifierBed, succeeded } from "./bed.ts";
import { type Answerer, type Receiver, startReceiver } from "./receiver.ts";
import { webhookService } from "./services.ts";

const KEY = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const ALL = { on: ["run.finished" as const], when: { status: "failed" } };

let server: TestPostgres;
let bed: Bed;
const receivers: Receiver[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
});
beforeEach(async () => {
  bed = await notifierBed(server);
});
afterEach(async () => {
  await bed.close();
  for (const receiver of receivers.splice(0)) await receiver.close();
});
afterAll(() => server.stop());

async function hook(answerer: Answerer): Promise<Receiver> {
  const receiver = await startReceiver(answerer);
  receivers.push(receiver);
  return receiver;
}

const fail = (pipeline: string): Promise<void> => bed.happens(failed(bed.clock, { pipeline }));

/** Records without those of the bed itself. */
async function records(): Promise<NotificationRecord[]> {
  const all = await listNotifications(bed.pool, { limit: 10_000 });
  return all.filter(({ channel }) => channel !== "sentinel").toReversed();
}

describe("delivery", () => {
  it("tries again with growing pauses until the service takes it, keeps the order, and records it", async () => {
    const accepts = webhookService(KEY, () => bed.clock.now());
    const service = await hook(() => ({ status: 503, body: "down" }));
    const channel = webhook({ url: service.url, secret: KEY });
    await bed.start([{ ...ALL, to: ["hook", "ops"] }], { hook: channel });
    await fail("a");
    expect(await bed.told()).toEqual(["ops: a failed"]);
    await fail("b");
    // A channel that fails holds up no other one.
    expect(await bed.told()).toEqual(["ops: b failed"]);
    const pauses: number[] = [];
    for (let before = bed.clock.now(); pauses.length < 4;) {
      const tries = service.requests.length;
      await bed.passes(5_000);
      if (service.requests.length === tries) continue;
      pauses.push((bed.clock.now() - before) / 1_000);
      before = bed.clock.now();
    }
    expect(pauses.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(await records()).toMatchObject([
      { channel: "hook", status: "queued", lastError: expect.stringContaining('503 "down"') },
      { channel: "ops", status: "sent", lastError: null, attempts: 1 },
      { channel: "hook", status: "queued" },
      { channel: "ops", status: "sent" },
    ]);
    service.requests.length = 0;
    service.answer(accepts);
    await bed.passes(5 * MINUTE);
    await expect
      .poll(async () => (await records()).map(({ status }) => status))
      .toEqual(Array(4).fill("sent"));
    const titles = service.requests.map(
      ({ body }) => (JSON.parse(body) as { data: { title: string } }).data.title,
    );
    expect(titles.toSorted()).toEqual(["a failed", "b failed"]);
  });

  it("waits as long as the service asks for, with everything that is for it", async () => {
    const service = await hook(() => ({ status: 429, headers: { "retry-after": "600" } }));
    await bed.start([{ ...ALL, to: ["hook"] }], { hook: webhook({ url: service.url, secret: KEY }) });
    await fail("a");
    await bed.passes(5_000);
    await fail("b");
    await bed.passes(9 * MINUTE);
    expect(service.requests).toHaveLength(1);
    service.answer(() => ({ status: 200 }));
    await bed.passes(MINUTE);
    await expect.poll(() => service.requests.length).toBe(3);
  });

  it("gives up at once what the service refuses for good, and after a day what nobody takes", async () => {
    const refuses = (): never => {
      throw new MillraceError("MLR_NOTIFY_REFUSED", "wrong token", { hint: "Make a new one." });
    };
    const breaks = (): never => {
      throw new Error("not now");
    };
    await bed.start([{ ...ALL, remind: false, to: ["refuses", "breaks"] }], { refuses, breaks });
    await fail("a");
    await bed.passes(0);
    expect(await records()).toMatchObject([
      { status: "failed", attempts: 1, lastError: "MLR_NOTIFY_REFUSED: wrong token → Make a new one." },
      { status: "queued", lastError: "not now" },
    ]);
    for (let n = 0; n < 4; n++) await bed.passes(8 * HOUR);
    expect((await records()).map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect((await listNotifications(bed.pool, { failed: true })).length).toBe(2);
  });

  it("gives up what is for a channel that is not configured any more", async () => {
    const first = await bed.start([{ ...ALL, to: ["gone"] }], { gone: () => Promise.reject(new Error("x")) });
    await fail("a");
    await bed.passes(0);
    await first.close();
    await bed.start([]);
    await bed.passes(25 * HOUR);
    await expect.poll(async () => (await records())[0]?.status).toBe("failed");
  });

  it("keeps no secret in its records, whatever a service or a function says", async () => {
    const service = await hook(({ path }) => ({ status: 500, body: `no ${path}` }));
    const url = `${service.url}/services/T1/B1/verySECRETpath`;
    await bed.start([{ ...ALL, to: ["slack", "own"] }], {
      slack: slack({ url }),
      own: () => Promise.reject(new Error(`could not post to ${url}`)),
    });
    await fail("a");
    await bed.passes(0);
    await bed.passes(5_000);
    const { rows } = await bed.pool.query("SELECT * FROM millrace_control.notifications");
    expect(JSON.stringify(rows)).not.toContain("verySECRETpath");
    expect((await records()).map(({ lastError }) => lastError)).toMatchObject(
      [/500/, /could not post to/].map((each) => expect.stringMatching(each)),
    );
  });

  it(
    "sends nothing twice when the process that sends is killed and another takes over",
    { timeout: 60_000 },
    async () => {
      const url = bed.pool.options.connectionString ?? "";
      const reached = Promise.withResolvers<void>();
      const service = await hook(() => {
        reached.resolve();
        return () => undefined;
      });
      const child = spawnChild("notify", { args: [url, service.url, KEY] });
      expect(await child.line()).toBe("ready");
      await publish(bed.pool, [failed(bed.clock, { pipeline: "a" }), failed(bed.clock, { pipeline: "b" })]);
      await reached.promise;
      await child.kill();
      service.answer(() => ({ status: 200 }));
      const next = await startNotifier({
        pool: bed.pool,
        config: {
          channels: { hook: webhook({ url: service.url, secret: KEY }) },
          rules: [{ ...ALL, to: ["hook"] }],
        },
      });
      try {
        // Nobody knows what came of the first: it is not sent again before its sender's time is up.
        await expect.poll(async () => (await records()).length, { timeout: 20_000 }).toBe(2);
        expect((await records()).map(({ status }) => status)).toEqual(["sending", "queued"]);
        expect(service.requests).toHaveLength(1);
        await bed.pool.query("UPDATE millrace_control.notifications SET lease_until = clock_timestamp()");
        await expect
          .poll(async () => (await records()).map(({ status }) => status), { timeout: 20_000 })
          .toEqual(["sent", "sent"]);
        const ids = service.requests.map(({ headers }) => headers["webhook-id"]);
        // The first came again under the same id, so that the receiver knows.
        expect(ids).toHaveLength(3);
        expect(new Set(ids).size).toBe(2);
      } finally {
        await next.close();
      }
    },
  );

  it("goes on when the control database was away", async () => {
    const proxy = await startTcpProxy(server.port);
    const pool = new pg.Pool({
      connectionString: proxy.through(bed.pool.options.connectionString ?? ""),
      connectionTimeoutMillis: 2_000,
    });
    pool.on("error", () => undefined);
    const titles: string[] = [];
    const notifier = await startNotifier({
      pool,
      config: { channels: { own: ({ title }) => void titles.push(title) }, rules: [{ ...ALL, to: ["own"] }] },
    });
    await publish(bed.pool, failed(bed.clock, { pipeline: "a" }));
    await expect.poll(() => titles).toEqual(["a failed"]);
    proxy.cut();
    await publish(bed.pool, [failed(bed.clock, { pipeline: "b" }), failed(bed.clock, { pipeline: "a" })]);
    await expect.poll(() => titles, { timeout: 20_000 }).toEqual(["a failed", "b failed"]);
    await notifier.close();
    await pool.end();
    await proxy.close();
  });

  it("waits for what is being sent when it is closed, but not for ever", async () => {
    const began = Promise.withResolvers<void>();
    const stopped: string[] = [];
    const notifier = await bed.start([{ ...ALL, to: ["slow"] }], {
      slow: (_message, { signal }) => {
        signal.addEventListener("abort", () => stopped.push("aborted"));
        began.resolve();
        return new Promise(() => undefined);
      },
    });
    await fail("a");
    await began.promise;
    const closing = notifier.close();
    while (stopped.length === 0) {
      await bed.pool.query("SELECT pg_sleep(0.02)");
      await bed.clock.advance(1_000);
    }
    await closing;
    expect((await records())[0]).toMatchObject({
      status: "queued",
      lastError: expect.stringContaining("interrupted"),
    });
  });
});

describe("a test message", () => {
  it("is sent at once, and recorded", async () => {
    const service = await hook(webhookService(KEY, () => Date.now()));
    const config = { channels: { hook: webhook({ url: service.url, secret: KEY }) } };
    expect(await sendTest({ channel: "hook", config, pool: bed.pool })).toMatchObject({
      kind: "webhook",
      sent: true,
    });
    service.answer(() => ({ status: 500 }));
    const outcome = await sendTest({ channel: "hook", config, pool: bed.pool });
    expect(outcome).toMatchObject({ sent: false, error: { code: "MLR_NOTIFY_FAILED" } });
    expect(await records()).toMatchObject([
      { kind: "test", status: "sent" },
      { kind: "test", status: "failed", attempts: 1, lastError: expect.stringContaining("500") },
    ]);
  });

  it("to a channel that does not exist says which there are", async () => {
    const config = { channels: { ops: () => undefined } };
    await expect(sendTest({ channel: "opps", config })).rejects.toMatchObject({
      hint: 'Did you mean "ops"?',
    });
    await expect(sendTest({ channel: "x", config: undefined })).rejects.toMatchObject({
      hint: expect.stringContaining("notifications.channels"),
    });
  });
});

describe("pruning", () => {
  it("deletes old messages and problems, but nothing that is still to be sent", async () => {
    await bed.start(
      [
        { ...ALL, to: ["ops"] },
        { ...ALL, name: "never", to: ["breaks"] },
      ],
      {
        breaks: () => Promise.reject(new Error("x")),
      },
    );
    await fail("a");
    await bed.passes(2 * HOUR);
    await fail("b");
    await bed.happens(succeeded(bed.clock, { pipeline: "b" }));
    expect(await bed.told()).toHaveLength(3);
    const before = (await records()).length;
    const olderThan = new Date(bed.clock.now() - HOUR);
    expect(await pruneNotifications(bed.pool, { olderThan })).toBeGreaterThan(0);
    expect((await records()).filter(({ status }) => status === "queued").length).toBeGreaterThan(1);
    expect((await records()).length).toBe(before - 1);
    const { rows } = await bed.pool.query(
      "SELECT DISTINCT subject FROM millrace_control.notification_incidents",
    );
    expect(rows).toEqual([{ subject: "run:b" }]);
    await pruneNotifications(bed.pool, { keep: 0 });
    expect((await records()).every(({ status }) => status !== "sent")).toBe(true);
  });
});
