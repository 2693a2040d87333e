import { describe, expect, it } from "vitest";
import { manualClock } from "./manual-clock.ts";
import { memoryDestination } from "./memory-destination.ts";
import { periodStart } from "./memory/apply-replace.ts";
import { recordingObserver } from "./recording-observer.ts";
import { TestPipeline } from "./contract/test-pipeline.ts";

describe("a manual clock", () => {
  it("ends the sleeps that fall due, in their order", async () => {
    const clock = manualClock(1_000);
    const ended: string[] = [];
    void clock.sleep(20).then(() => ended.push(`b at ${clock.now()}`));
    void clock.sleep(10).then(async () => {
      ended.push(`a at ${clock.now()}`);
      await clock.sleep(5);
      ended.push(`c at ${clock.monotonic()}`);
    });
    await clock.slept();
    await clock.advance(15);
    expect(ended).toEqual(["a at 1010", "c at 15"]);
    expect(clock.sleeping).toBe(1);
    await clock.advance(100);
    expect(ended[2]).toBe("b at 1020");
    expect(clock.now()).toBe(1_115);
  });

  it("ends a sleep that is aborted", async () => {
    const clock = manualClock();
    const stop = new AbortController();
    const slept = clock.sleep(1_000, stop.signal);
    stop.abort();
    await slept;
    await clock.sleep(1_000, stop.signal);
    expect(clock.sleeping).toBe(0);
  });
});

describe("a recording observer", () => {
  it("keeps events and waits for one to come", async () => {
    const { observe, of, next } = recordingObserver();
    const coming = next("progress");
    observe({ type: "log", level: "info", message: "hello" });
    observe({ type: "progress", rows: 3 });
    expect((await coming).rows).toBe(3);
    expect((await next("log")).message).toBe("hello");
    expect(of("log")).toHaveLength(1);
  });
});

describe("snapshots in memory", () => {
  it("keeps one per period, told by the clock", async () => {
    const clock = manualClock(Date.UTC(2026, 10, 22, 23, 30));
    const destination = memoryDestination({ clock });
    const run = "00000000-0000-4000-8000-000000000001";
    const session = await destination.open({ pipeline: "p", attempt: 1n, run });
    const pipeline = new TestPipeline({ destination, session, run, attempt: 1n });
    await pipeline.table("t", { mode: "snapshot", snapshot: "day", key: ["id"] });
    for (const id of [1, 2, 3]) {
      await pipeline.read("t", [{ id }]);
      await pipeline.commit();
      await clock.advance(id === 1 ? 60_000 : 3_600_000);
    }
    expect(destination.snapshots("t")).toEqual([
      { period: "2026-11-22T00:00:00.000Z", rows: [{ id: 2 }] },
      { period: "2026-11-23T00:00:00.000Z", rows: [{ id: 3 }] },
    ]);
  });

  it.each([
    ["hour", "2026-11-22T13:00:00.000Z"],
    ["day", "2026-11-22T00:00:00.000Z"],
    ["week", "2026-11-16T00:00:00.000Z"],
    ["month", "2026-11-01T00:00:00.000Z"],
    ["year", "2026-01-01T00:00:00.000Z"],
  ] as const)("begins the %s in UTC, weeks on Monday", (period, start) => {
    expect(new Date(periodStart(Date.UTC(2026, 10, 22, 13, 14, 15), period)).toISOString()).toBe(start);
  });
});
