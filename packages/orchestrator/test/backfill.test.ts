import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { backfillPartitions, getBackfill } from "../src/backfill/backfill-status.ts";
import { cancelBackfill } from "../src/backfill/cancel-backfill.ts";
import { planBackfill } from "../src/backfill/plan-backfill.ts";
import { type NewBackfill, startBackfill, type StartedBackfill } from "../src/backfill/start-backfill.ts";
import { type Claim, claimRuns } from "../src/queue/claim.ts";
import type { ProcessEnd } from "../src/queue/end-attempt.ts";
import { HeldRun, type RunState } from "../src/queue/held-run.ts";
import { type Bed, limits, openBed } from "./bed.ts";

const DAYS = planBackfill({ from: "2026-01-01", to: "2026-01-06", by: "day" });
const NOTHING: RunState = {
  attempt: null,
  continues: null,
  counts: {},
  checkpoint: {},
  withheld: {},
  log: [],
};
const END: ProcessEnd = {
  ...{ exitCode: 0, signal: null, peakMemoryBytes: null, cpuMs: null, exceptions: 0, lastException: null },
};

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(() => bed.clear());
afterAll(() => bed.close());

function start(given: Partial<NewBackfill> = {}): Promise<StartedBackfill> {
  return startBackfill(bed.control.pool, {
    ...{ pipeline: "prices", partitions: DAYS, parallel: 2, again: false, by: "ana", request: {} },
    limits: limits({ attempts: 1 }),
    ...given,
  });
}

async function claim(): Promise<Claim[]> {
  const session = await bed.session();
  return claimRuns(bed.control.pool, session.id, 10);
}

async function end(claimed: Claim, status: "succeeded" | "failed"): Promise<void> {
  const report = {
    ...{ run: claimed.id, pipeline: claimed.pipeline, status, startedAt: "", durationMs: 1, attempt: "1" },
    ...{ resumed: false, tables: {}, checkpoint: {}, withheld: {} },
  };
  await new HeldRun(bed.control.pool, claimed).finish(report, NOTHING, END);
}

const names = (claims: readonly Claim[]): string[] => claims.map(({ partition }) => partition);

describe("a backfill", () => {
  it("lets as many partitions go at a time as it may, in their order, the next one when one has ended", async () => {
    const { id, queued } = await start();
    expect(queued).toEqual(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]);
    const first = await claim();
    expect(names(first)).toEqual(["2026-01-01", "2026-01-02"]);
    expect(first[0]?.request.partition).toEqual({
      name: "2026-01-01",
      start: "2026-01-01T00:00:00.000Z",
      end: "2026-01-02T00:00:00.000Z",
    });
    expect(await claim()).toEqual([]);
    await end(first[1] as Claim, "failed");
    const second = await claim();
    expect(names(second)).toEqual(["2026-01-03"]);
    expect(await getBackfill(bed.control.pool, id)).toMatchObject({
      counts: { failed: 1, running: 2, waiting: 2 },
      total: 5,
      over: false,
    });
    // Both at once: each lets one go.
    await Promise.all([end(first[0] as Claim, "succeeded"), end(second[0] as Claim, "succeeded")]);
    expect(names(await claim())).toEqual(["2026-01-04", "2026-01-05"]);
  });

  it("goes on with what has not succeeded when it is started again, and does all of it only when told", async () => {
    await start({ parallel: 5 });
    const claims = await claim();
    for (const each of claims) await end(each, each.partition === "2026-01-03" ? "failed" : "succeeded");
    const again = await start({ partitions: [...DAYS, { name: "2026-01-06" }] });
    expect(again.queued).toEqual(["2026-01-03", "2026-01-06"]);
    expect(again.done).toEqual(["2026-01-01", "2026-01-02", "2026-01-04", "2026-01-05"]);
    const third = await start();
    expect(third.queued).toEqual([]);
    expect(third.busy).toEqual(["2026-01-03"]);
    expect((await backfillPartitions(bed.control.pool, third.id)).map(({ state }) => state)).toEqual([
      ...["succeeded", "succeeded", "queued", "succeeded", "succeeded"],
    ]);
    for (const each of await claim()) await end(each, "succeeded");
    const whole = await start({ again: true });
    expect(whole.queued).toHaveLength(5);
    expect((await claim())[0]?.request.full).toBe(true);
  });

  it("queues each partition once, whoever starts it at the same time", async () => {
    const started = await Promise.all([start(), start(), start()]);
    expect(started.map(({ queued }) => queued.length).toSorted((a, b) => a - b)).toEqual([0, 0, 5]);
  });

  it("is no run of the pipeline itself: it does not disable it, and both go on side by side", async () => {
    await bed.register({ prices: { limits: limits({ attempts: 1, disableAfter: 1 }) } });
    await start();
    const [partition] = await claim();
    await end(partition as Claim, "failed");
    const { rows } = await bed.control.pool.query(
      "SELECT failures, enabled FROM millrace_control.pipelines WHERE name = 'prices'",
    );
    expect(rows).toEqual([{ failures: 0, enabled: null }]);
  });

  it("ends when it is cancelled, with what waits and what goes on, and goes on when it is started again", async () => {
    const { id } = await start();
    const claims = await claim();
    const running = await cancelBackfill(bed.control.pool, { id, by: "ana" });
    expect(running.toSorted()).toEqual(claims.map((each) => each.id).toSorted());
    expect(await getBackfill(bed.control.pool, id)).toMatchObject({ counts: { cancelled: 3, running: 2 } });
    for (const each of claims) await new HeldRun(bed.control.pool, each).died("cancelled", END);
    expect(await getBackfill(bed.control.pool, "prices")).toMatchObject({
      id,
      over: true,
      counts: { cancelled: 5 },
    });
    expect(await claim()).toEqual([]);
    expect((await start()).queued).toHaveLength(5);
  });

  it("refuses names that cannot be partitions, and ranges without any", () => {
    expect(planBackfill({ partitions: ["b", " a", "b", ""] })).toEqual([{ name: "b" }, { name: "a" }]);
    expect(() => planBackfill({ partitions: ["", " "] })).toThrow("No partition was named");
    expect(() => planBackfill({ partitions: ["a@b"] })).toThrow('"a@b" cannot be the name of a partition');
    expect(() => planBackfill({ from: "2026-01-01", to: "2026-01-01", by: "day" })).toThrow(/is empty/);
  });
});
