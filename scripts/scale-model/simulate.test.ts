import { expect, test } from "vitest";
import { EventHeap } from "./event-heap.ts";
import { exponential, randomFrom } from "./random.ts";
import { ServerQueue } from "./server-queue.ts";
import { type Fleet, simulate } from "./simulate.ts";

const FLEET: Fleet = {
  pipelines: 200,
  workers: 10,
  slots: 4,
  everySeconds: 60,
  runSeconds: 2,
  databaseServers: 2,
  seconds: 600,
  times: { enqueueMs: 0.1, claimMs: 1, endMs: 1, heartbeatMs: 0.3, startMs: 20 },
};

test("what waits in front of one server is what queueing theory says", () => {
  // M/M/1 with a load of 0.8 and work of 1 s: in the mean 4 s of waiting, 5 s in all.
  const heap = new EventHeap();
  const random = randomFrom(7);
  const server = new ServerQueue(heap, 1);
  let total = 0;
  let count = 0;
  const arrive = (at: number): void =>
    heap.add(at, () => {
      server.work(at, exponential(random, 1), (now) => {
        total += now - at;
        count += 1;
      });
      if (at < 400_000) arrive(at + exponential(random, 1 / 0.8));
    });
  arrive(0);
  for (let event = heap.next(); event !== undefined; event = heap.next()) event.act();
  expect(count).toBeGreaterThan(300_000);
  expect(total / count).toBeGreaterThan(4.6);
  expect(total / count).toBeLessThan(5.4);
});

test("a fleet with room is late by little, and no run is lost", () => {
  const found = simulate(FLEET);
  expect(found.due).toBeGreaterThan(1_900);
  expect(found.started + found.waiting).toBe(found.due);
  expect(found.waiting).toBeLessThan(5);
  expect(found.lateP99Ms).toBeLessThan(10);
  expect(found.bottleneck).toBe("none");
  // 200 runs a minute of 2.02 s each, on 40 slots.
  expect(found.slotsBusy).toBeGreaterThan(0.15);
  expect(found.slotsBusy).toBeLessThan(0.19);
  expect(simulate(FLEET)).toEqual(found);
});

test("too few slots and too slow a database are told apart", () => {
  expect(simulate({ ...FLEET, workers: 1 })).toMatchObject({ bottleneck: "workers" });
  const slow = { ...FLEET.times, claimMs: 900 };
  expect(simulate({ ...FLEET, times: slow })).toMatchObject({ bottleneck: "database" });
});
