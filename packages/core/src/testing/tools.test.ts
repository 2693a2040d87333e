import { describe, expect, it } from "vitest";
import { manualClock } from "./manual-clock.ts";
import { recordingObserver } from "./recording-observer.ts";

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
