import { manualClock } from "@millrace/core/testing";
import { expect, it } from "vitest";
import { type LandedBatch, LandedBatches } from "./landed-batches.ts";

const HOUR_MS = 3_600_000;

function open(most = 100_000) {
  const clock = manualClock();
  return { clock, batches: new LandedBatches({ lifetimeMs: HOUR_MS, most, clock }) };
}

function batch(id: string, nowMs: number, more: Partial<LandedBatch> = {}): LandedBatch {
  const at = Math.floor(nowMs / 1_000);
  return { id, at, rows: 1, accepted: 1, rejected: 0, done: true, digest: "d", ...more };
}

it("knows a batch once it has landed, until it is old", async () => {
  const { clock, batches } = open();
  batches.stage([batch("a", clock.now())], []);
  expect(batches.find("a")).toBeUndefined();
  batches.landed();
  expect(batches.find("a")).toMatchObject({ id: "a", done: true });
  await clock.advance(HOUR_MS - 1_000);
  expect(batches.find("a")).toBeDefined();
  await clock.advance(2_000);
  expect(batches.find("a")).toBeUndefined();
});

it("knows after a new start what the checkpoints say, and how far a long batch is", async () => {
  const { clock, batches } = open();
  const checkpoints = new Map();
  for (let n = 0; n < 1_000; n++) {
    const { slice, state } = batches.stage(
      [batch(`b${n}`, clock.now()), batch("long", clock.now(), { rows: n, done: false })],
      [],
    );
    checkpoints.set(slice, JSON.parse(JSON.stringify(state)));
    batches.landed();
  }
  const again = new LandedBatches({ lifetimeMs: HOUR_MS, most: 100_000, clock });
  again.restore(checkpoints);
  for (let n = 0; n < 1_000; n++) expect(again.find(`b${n}`)).toBeDefined();
  expect(again.find("long")).toMatchObject({ rows: 999, done: false });
  expect(again.find("other")).toBeUndefined();
});

it("writes little with each commit, and uses again what is old", async () => {
  const { clock, batches } = open();
  const slices = new Set<string>();
  let largest = 0;
  for (let n = 0; n < 4_000; n++) {
    const { slice, state } = batches.stage([batch(`b${n}`, clock.now())], []);
    batches.landed();
    slices.add(slice);
    largest = Math.max(largest, JSON.stringify(state).length);
    // A thousand ids are remembered at a time.
    await clock.advance(3_600);
  }
  expect(largest).toBeLessThan(20_000);
  expect(slices.size).toBeLessThan(10);
});

it("tells when there is room for another id", async () => {
  const { clock, batches } = open(2);
  batches.stage([batch("a", clock.now()), batch("b", clock.now())], []);
  batches.landed();
  expect(batches.fullForSeconds).toBe(3_600);
  await clock.advance(HOUR_MS);
  expect(batches.fullForSeconds).toBe(0);
});

it("knows the batches without an id of the last commit", async () => {
  const { batches } = open();
  const { slice, state } = batches.stage([], ["t1"]);
  batches.restore(new Map([[slice, state]]));
  expect([batches.landedLast("t1"), batches.landedLast("t2")]).toEqual([true, false]);
});
