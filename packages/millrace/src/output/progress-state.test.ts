import { expect, test } from "vitest";
import { progressLine } from "./progress-line.ts";
import { ProgressState } from "./progress-state.ts";

function clockedState(): { state: ProgressState; advance: (ms: number) => void } {
  let now = 0;
  return { state: new ProgressState(() => now), advance: (ms) => void (now += ms) };
}

test("percent and time left are told where the source knows its size in bytes", () => {
  const { state, advance } = clockedState();
  advance(2000);
  state.observe({ type: "progress", rows: 10_000, bytes: 25_000_000, totalBytes: 100_000_000 });
  expect(state.share).toBe(0.25);
  expect(state.remainingMs).toBe(6000);
  expect(progressLine(state)).toBe("10,000 rows  5,000 rows/s  25.0 MB of 100 MB  25 %  6.0 s left");
});

test("percent is taken from rows where their number is known", () => {
  const { state, advance } = clockedState();
  advance(1000);
  state.observe({ type: "progress", rows: 500, totalRows: 1000 });
  expect(progressLine(state)).toBe("500 of 1,000 rows  500 rows/s  50 %  1.0 s left");
});

test("without a total there is no percent and no time left", () => {
  const { state, advance } = clockedState();
  advance(1000);
  state.observe({ type: "progress", rows: 500 });
  expect(progressLine(state)).toBe("500 rows  500 rows/s");
});

test("a size that was told once stays known when later events leave it out", () => {
  const { state } = clockedState();
  state.observe({ type: "progress", rows: 1, bytes: 10, totalBytes: 20 });
  state.observe({ type: "progress", rows: 5 });
  expect(state.share).toBe(0.5);
});

test("the time for which a source was throttled is told once it is a second", () => {
  const { state, advance } = clockedState();
  advance(1000);
  state.observe({ type: "progress", rows: 500, throttledMs: 900 });
  expect(progressLine(state)).toBe("500 rows  500 rows/s");
  state.observe({ type: "progress", rows: 500, throttledMs: 14_200 });
  state.observe({ type: "progress", rows: 500 });
  expect(progressLine(state)).toBe("500 rows  500 rows/s  throttled 14 s");
});

test("the rate follows what happened lately, not the average of the whole run", () => {
  const { state, advance } = clockedState();
  for (let second = 0; second <= 20; second += 1) {
    state.observe({ type: "progress", rows: second < 10 ? second * 1000 : 10_000 });
    expect(state.rate).toBeGreaterThanOrEqual(0);
    advance(1000);
  }
  expect(state.rate).toBeLessThan(100);
});

test("a new attempt that counts from a lower number again gives no negative rate", () => {
  const { state, advance } = clockedState();
  state.observe({ type: "progress", rows: 100_000 });
  expect(state.rate).toBeGreaterThanOrEqual(0);
  advance(1000);
  state.observe({ type: "progress", rows: 100 });
  expect(state.rate).toBeGreaterThanOrEqual(0);
});

test("while a run waits to try again, the line says why and for how long, with control characters made visible", () => {
  const { state, advance } = clockedState();
  state.observe({
    type: "retrying",
    attempt: 2,
    delayMs: 4000,
    error: { code: "MLR_SOURCE_FAILED", message: "gone\u001b[2J" },
  });
  advance(1000);
  expect(progressLine(state)).toBe("trying again in 3.0 s: gone\\x1b[2J");
});
