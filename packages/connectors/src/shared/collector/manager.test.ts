import { manualClock } from "@millrace/core/testing";
import { afterEach, expect, it } from "vitest";
import { collector } from "./collector.ts";
import { CollectorManager, type CollectorAlert } from "./manager.ts";
import { FeedServer } from "./test/feed-server.ts";
import { tickDefinition } from "./test/tick-definition.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(
  names: readonly string[],
  options: ConstructorParameters<typeof CollectorManager>[0] = {},
): Promise<{ server: FeedServer; manager: CollectorManager }> {
  const server = await FeedServer.start();
  closing.push(() => server.close());
  const manager = new CollectorManager(options);
  closing.push(() => manager.close());
  for (const name of names) manager.add(collector({ ...tickDefinition(server.url), name }));
  return { server, manager };
}

it("starts, stops, disables and removes collectors, and knows them by name", async () => {
  const { server, manager } = await open(["one", "two", "three"]);
  expect(manager.status()).toMatchObject({ health: "stopped", collectors: 3, running: 0 });
  await manager.disable("three");
  expect(await manager.startAll()).toEqual([]);
  await server.until(() => server.subscribers === 2);
  await expect(manager.start("three")).rejects.toThrow(/"three" is disabled/);
  expect(manager.list().map(({ name, enabled }) => [name, enabled])).toEqual([
    ["one", true],
    ["two", true],
    ["three", false],
  ]);
  expect(manager.status()).toMatchObject({ running: 2, disabled: ["three"], failed: [] });
  expect(Object.keys(manager.health())).toEqual(["one", "two", "three"]);
  manager.enable("three");
  await manager.restart("three");
  await server.until(() => server.subscribers === 3);
  await manager.remove("one");
  await server.until(() => server.sockets.size === 2);
  await expect(manager.stop("onee")).rejects.toThrow(/no collector "onee"/);
  expect(() => manager.add(collector({ ...tickDefinition(server.url), name: "two" }))).toThrow(/already/);
  expect(await manager.restartAll()).toEqual([]);
  await server.until(() => server.connections === 5);
  expect(manager.status().process.memoryBytes).toBeGreaterThan(1_000_000);
  await manager.stopAll();
  await server.until(() => server.sockets.size === 0);
});

it("starts a collector that has failed again, so often, and then calls somebody", async () => {
  const clock = manualClock();
  const alerts: CollectorAlert[] = [];
  const { server, manager } = await open(["one"], {
    clock,
    restartsPerHour: 2,
    everyMs: 100,
    onAlert: (alert) => alerts.push(alert),
  });
  await manager.start("one");
  for (let banned = 1; banned <= 3; banned++) {
    await server.until(() => server.subscribers === 1 && server.connections === banned);
    server.sendRaw('{"type":"banned"}');
    await server.until(() => server.sockets.size === 0);
    expect(manager.status()).toMatchObject({ health: "failed", failed: ["one"] });
    await clock.advance(100);
  }
  await clock.advance(500);
  expect(alerts).toEqual([{ collector: "one", reason: "banned", restarts: 2 }]);
  expect(server.connections).toBe(3);
});
