import { setImmediate as afterEvents } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Collector } from "./collector-type.ts";
import { collector } from "./collector.ts";
import type { CollectorDefinition, CollectorOptions, Endpoint } from "./definition.ts";
import { FeedServer } from "./test/feed-server.ts";
import { tickDefinition } from "./test/tick-definition.ts";
import type { CollectorTransition } from "./state.ts";

let server: FeedServer;
let feed: Collector;
beforeEach(async () => {
  server = await FeedServer.start();
});
afterEach(async () => {
  await feed.stop();
  const { tasks } = feed.status();
  await server.close();
  if (tasks > 0) throw new Error(`${tasks} tasks did not end with their collector`);
});

interface Tick {
  readonly symbol: string;
  readonly id: number;
}

function start(
  symbols: readonly string[],
  options: CollectorOptions = {},
  over: Partial<CollectorDefinition> & { readonly endpoint?: Partial<Endpoint> } = {},
): { readonly ticks: Tick[]; readonly states: string[]; readonly changed: (state: string) => Promise<void> } {
  feed = collector(tickDefinition(server.url, symbols, over), {
    reconnect: { delayMs: 1, maxDelayMs: 5 },
    ...options,
  });
  const ticks: Tick[] = [];
  const states: string[] = [];
  let waiting: { readonly state: string; readonly resolve: () => void }[] = [];
  feed.on("tick", (tick) => void ticks.push(tick as Tick));
  feed.on("state", (transition) => {
    const { to } = transition as CollectorTransition;
    states.push(to);
    for (const each of waiting.filter(({ state }) => state === to)) each.resolve();
    waiting = waiting.filter(({ state }) => state !== to);
  });
  const changed = (state: string): Promise<void> =>
    states.at(-1) === state ? Promise.resolve() : new Promise((resolve) => waiting.push({ state, resolve }));
  return { ticks, states, changed };
}

/** Resolves when `done` is true, looked at after each turn of the event loop. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await afterEvents();
}

it("connects, subscribes, calls those who subscribed, and says how it does", async () => {
  const { ticks, states, changed } = start(["A", "B"]);
  await feed.start();
  await changed("running");
  await server.until(() => server.subscribers === 1);
  server.tick("A", 1);
  server.tick("B", 2);
  server.tick("C", 3);
  await until(() => ticks.length === 2);
  expect(ticks).toEqual([
    { symbol: "A", id: 1 },
    { symbol: "B", id: 2 },
  ]);
  expect(states).toEqual(["connecting", "running"]);
  const status = feed.status();
  expect(status).toMatchObject({
    name: "ticks",
    state: "running",
    health: "healthy",
    problems: [],
    reconnects: 0,
  });
  expect(status.connections).toMatchObject([
    { id: "main-1", state: "open", generation: 1, subscriptions: 2 },
  ]);
  await feed.stop();
  expect(states).toEqual(["connecting", "running", "stopping", "stopped"]);
  await server.until(() => server.sockets.size === 0);
});

it("cuts subscriptions into connections of as many as the server takes", async () => {
  const symbols = ["A", "B", "C", "D", "E"];
  start(symbols, {}, { endpoint: { maxSubscriptions: 2 } });
  await feed.start();
  await server.until(() => server.subscribers === 3);
  expect(server.said.map(({ keys }) => keys?.length ?? 0).toSorted((a, b) => a - b)).toEqual([1, 2, 2]);
  feed.subscribe([
    { channel: "tick", symbol: "F" },
    { channel: "tick", symbol: "A" },
    { channel: "tick", symbol: "G" },
  ]);
  await server.until(() => server.subscribers === 4);
  expect(feed.status().channelCount).toBe(7);
  feed.unsubscribe(["tick:F"]);
  await server.until(() => server.said.some(({ op }) => op === "unsubscribe"));
  expect(() => feed.unsubscribe(["tick:nothing"])).toThrow(/not subscribed/);
});

it("connects and subscribes again whatever ends its connection", async () => {
  const { ticks, changed } = start(["A"]);
  await feed.start();
  for (const [id, end] of [() => server.drop(), () => server.drop(1011), () => server.drop(4004)].entries()) {
    await server.until(() => server.subscribers === 1);
    server.tick("A", id);
    await until(() => ticks.length === id + 1);
    const { connections } = server;
    end();
    await server.until(() => server.connections === connections + 1);
  }
  await changed("running");
  expect(feed.status()).toMatchObject({ reconnects: 3, restarts: 0 });
});

it("leaks nothing over a thousand reconnects", async () => {
  start(["A"], { reconnect: { delayMs: 0, maxDelayMs: 0, maxAttempts: 5_000 } });
  await feed.start();
  for (let i = 1; i <= 1_000; i++) {
    await server.until(() => server.connections === i && server.sockets.size === 1);
    server.drop();
  }
  await server.until(() => server.subscribers === 1);
  // The connection, its place, the landing and the tending.
  expect(feed.status().tasks).toBeLessThanOrEqual(5);
  expect(feed.status().reconnects).toBe(1_000);
});

it("gives up where the server says that trying again does not help, and starts when it is started", async () => {
  const { states, changed } = start(["A"]);
  await feed.start();
  await server.until(() => server.subscribers === 1);
  server.sendRaw('{"type":"banned"}');
  await changed("failed");
  await server.until(() => server.sockets.size === 0);
  expect(feed.healthStatus()).toMatchObject({ state: "failed", health: "failed" });
  expect(feed.healthStatus().lastError).toMatchObject({ code: "MLR_SOURCE_DENIED", message: "banned" });
  await feed.start();
  await changed("running");
  expect(states.filter((state) => state === "failed")).toHaveLength(1);
});

it("makes a new connection before it drops the old one, when the server announces its end", async () => {
  const { ticks, states } = start(["A"]);
  await feed.start();
  await server.until(() => server.subscribers === 1);
  const [old] = server.sockets;
  server.tick("A", 1);
  await until(() => ticks.length === 1);
  server.sendRaw('{"type":"notice"}');
  await server.until(() => server.subscribers === 2);
  // The old one delivers until the new one does.
  expect(old?.readyState).toBe(1);
  server.tick("A", 2);
  await server.until(() => server.sockets.size === 1);
  expect(server.sockets.has(old as never)).toBe(false);
  server.tick("A", 3);
  await until(() => ticks.some(({ id }) => id === 3));
  expect(states).not.toContain("reconnecting");
  expect(feed.status()).toMatchObject({ reconnects: 0, state: "running" });
  expect(feed.status().connections[0]).toMatchObject({ generation: 2 });
});

it("keeps what it cannot read, and goes on", async () => {
  const { ticks } = start(["A"]);
  const logged: unknown[] = [];
  feed.on("log", (line) => void logged.push(line));
  await feed.start();
  await server.until(() => server.subscribers === 1);
  server.sendRaw('{"type":"tick","sym');
  server.sendRaw(new Uint8Array([0, 255, 3]));
  server.sendRaw('{"type":"tick","symbol":"A","id":"x"}');
  server.tick("A", 1);
  await until(() => ticks.length === 1);
  expect(feed.status()).toMatchObject({ invalid: 3, state: "running" });
  expect(JSON.stringify(logged)).toContain("is no number of a tick");
});

it("calls other subscribers though one throws, and does not call one that has gone", async () => {
  const { ticks } = start(["A"]);
  const bad = (): void => {
    throw new Error("not today");
  };
  const worse = (): Promise<void> => Promise.reject(new Error("nor tomorrow"));
  feed.on("tick", bad);
  feed.on("tick", worse);
  await feed.start();
  await server.until(() => server.subscribers === 1);
  server.tick("A", 1);
  await until(() => ticks.length === 1);
  feed.off("tick", bad);
  server.tick("A", 2);
  await until(() => ticks.length === 2);
  const [, , second] = feed.status().subscribers;
  await until(() => feed.status().errors === 3);
  expect(second?.type).toBeDefined();
});

it("tells what is refused, and is degraded while the rest goes on", async () => {
  const { ticks, changed } = start(["A", "B"]);
  await feed.start();
  await server.until(() => server.subscribers === 1);
  server.sendRaw('{"type":"refused","keys":["tick:B"]}');
  await changed("degraded");
  server.tick("A", 1);
  await until(() => ticks.length === 1);
  expect(feed.healthStatus().problems).toEqual([
    { code: "refused", message: "refused by the server: tick:B" },
  ]);
});

it("starts anew by itself where starting fails with what may pass, and fails where it is asked to start", async () => {
  let tries = 0;
  const starting = (): void => {
    if (++tries === 1) throw new Error("the exchange does not answer");
  };
  start(["A"], {}, { starting });
  await expect(feed.start()).rejects.toThrow("the exchange does not answer");
  expect(feed.status().state).toBe("failed");
  await feed.start();
  await server.until(() => server.subscribers === 1);
});

it("takes commands, and refuses those that there are not", async () => {
  const { changed } = start(["A"]);
  await feed.start();
  await changed("running");
  const control = (name: string, args = {}): Promise<unknown> =>
    feed.control?.({ name, args }) ?? Promise.reject(new Error("no commands"));
  await expect(control("health")).resolves.toMatchObject({ state: "running" });
  await expect(control("disconnect", { connection: "other" })).rejects.toThrow(/no connection "other"/);
  await control("disconnect", { connection: "main-1" });
  await server.until(() => server.connections === 2);
  await control("restart");
  await server.until(() => server.connections === 3);
  await expect(control("dance")).rejects.toThrow(/no command "dance"/);
  await expect(control("unsubscribe", { channels: 3 })).rejects.toThrow(/must be a list/);
  expect(feed.status()).toMatchObject({ restarts: 1 });
});
