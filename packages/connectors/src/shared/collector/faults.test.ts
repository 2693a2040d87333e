import { createServer } from "node:net";
import { setImmediate as afterEvents } from "node:timers/promises";
import { type ManualClock, manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";
import type { Collector } from "./collector-type.ts";
import { collector } from "./collector.ts";
import type { CollectorDefinition, CollectorOptions, Endpoint } from "./definition.ts";
import { FeedServer } from "./test/feed-server.ts";
import { tickDefinition } from "./test/tick-definition.ts";

let server: FeedServer;
let clock: ManualClock;
let feed: Collector | undefined;
beforeEach(async () => {
  server = await FeedServer.start();
  clock = manualClock();
});
afterEach(async () => {
  await feed?.stop();
  await server.close();
});

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await afterEvents();
};

async function start(
  options: CollectorOptions = {},
  over: Partial<CollectorDefinition> & { readonly endpoint?: Partial<Endpoint> } = {},
): Promise<Collector> {
  const made = collector(tickDefinition(server.url, ["A", "B"], over), {
    clock,
    reconnect: { delayMs: 1, maxDelayMs: 1 },
    ...options,
  });
  feed = made;
  await made.start();
  await server.until(() => server.subscribers === 1);
  await until(() => made.status().connections[0]?.state === "open");
  return made;
}

/** The ticks that it receives from now on: its status stands still with the clock. */
function ticksOf(made: Collector): unknown[] {
  const ticks: unknown[] = [];
  made.on("tick", (tick) => void ticks.push(tick));
  return ticks;
}

/** Moves the clock on in steps, as time goes. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 500) await clock.advance(500);
}

it("renews a subscription that is silent for longer than was declared, and then its connection", async () => {
  const made = await start({ silence: { afterMs: { tick: 5_000 } } });
  const ticks = ticksOf(made);
  server.tick("A", 1);
  server.tick("B", 1);
  await until(() => ticks.length === 2);
  for (let second = 0; second < 5; second++) {
    await pass(1_000);
    server.tick("A", second + 2);
    await until(() => ticks.length === second + 3);
  }
  await pass(1_000);
  await server.until(() =>
    server.said.some(({ op, keys }) => op === "unsubscribe" && keys?.[0] === "tick:B"),
  );
  expect(server.said.filter(({ op }) => op === "unsubscribe").map(({ keys }) => keys)).toEqual([["tick:B"]]);
  expect(made.status()).toMatchObject({ state: "degraded", reconnects: 0 });
  expect(made.status().problems).toEqual([{ code: "silent", message: "no data: tick:B" }]);
  for (let second = 0; second < 12 && server.connections === 1; second++) {
    server.tick("A", 100 + second);
    await pass(1_000);
  }
  await server.until(() => server.connections === 2);
});

it("learns how often data comes, and waits longer for what comes rarely", async () => {
  const made = await start({ silence: { leastMs: 1_000, mostMs: 7_200_000 } });
  const ticks = ticksOf(made);
  for (let turn = 0; turn < 5; turn++) {
    server.tick("A", turn);
    server.tick("B", turn);
    await until(() => ticks.length === 2 * turn + 2);
    await clock.advance(400 * 2 ** turn);
  }
  const silenceAfter = made.status().channels[0]?.silenceAfterMs ?? 0;
  expect(silenceAfter).toBeGreaterThan(9_000);
  expect(silenceAfter).toBeLessThan(60_000);
});

it("notices a connection that is dead without an end, by a ping that nobody answers", async () => {
  const made = await start(
    {},
    { endpoint: { keepAlive: { kind: "message", ping: { op: "ping" }, idleMs: 2_000, timeoutMs: 3_000 } } },
  );
  await pass(3_000);
  await server.until(() => server.said.some(({ op }) => op === "ping"));
  await until(() => made.status().messages > 0);
  await pass(1_000);
  expect(made.status().reconnects).toBe(0);
  server.deaf = true;
  for (let second = 0; second < 12 && server.connections === 1; second++) await pass(1_000);
  await server.until(() => server.connections === 2);
  expect(made.status().connections[0]?.lastClose?.reason).toContain("no answer to a ping");
});

it("replaces a connection before its planned lifetime is over", async () => {
  const made = await start({}, { endpoint: { lifetimeMs: 60_000 } });
  await pass(61_000);
  await server.until(() => server.subscribers === 2);
  await pass(11_000);
  await server.until(() => server.sockets.size === 1);
  expect(made.status()).toMatchObject({ reconnects: 0 });
});

it("goes on trying where a server refuses, does not answer, or has no address, and says so", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const addresses = [
    server.url,
    `ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    "ws://no-such-host.invalid",
    server.url,
  ];
  server.refuseWith = 429;
  let asked = 0;
  const made = collector(
    tickDefinition(() => addresses[Math.min(asked++, 3)] ?? ""),
    {
      reconnect: { delayMs: 20, maxDelayMs: 20, connectTimeoutMs: 300, maxAttempts: 100_000 },
    },
  );
  feed = made;
  await made.start();
  await until(() => made.status().lastErrors.some(({ message }) => message.includes("429")));
  server.refuseWith = undefined;
  await until(() => asked >= 4);
  await server.until(() => server.subscribers === 1);
  expect(made.status().reconnects).toBeGreaterThanOrEqual(3);
  await made.stop();
  silent.close();
});

it("never shows credentials or queries of addresses", async () => {
  const made = collector(tickDefinition("ws://user:pass-word@127.0.0.1:1/feed?token=topsecret"));
  feed = made;
  await made.start();
  await until(() => made.status().errors > 0);
  expect(JSON.stringify(made.status())).not.toMatch(/topsecret|pass-word/);
  expect(made.status().connections[0]?.address).toBe("ws://127.0.0.1:1/feed");
});

it("waits longer with each failure, at random and within limits, and begins anew after good data", () => {
  const backoff = new Backoff(
    { delayMs: 1_000, maxDelayMs: 8_000, maxAttempts: 8, windowMs: 100_000 },
    clock,
    () => 1,
  );
  const waits: number[] = [backoff.next()];
  for (let i = 0; i < 6; i++) {
    backoff.ended(0);
    waits.push(backoff.next());
  }
  expect(waits).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 8_000]);
  backoff.ended(30_000);
  expect(backoff.next()).toBe(0);
  backoff.ended(0);
  expect(backoff.exhausted).toBe(true);
  expect(backoff.next()).toBe(100_000);
});
