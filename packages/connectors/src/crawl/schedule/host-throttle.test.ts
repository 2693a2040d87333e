import { expect, test } from "vitest";
import { HostThrottle } from "./host-throttle.ts";

function answer(throttle: HostThrottle, times: number, ms: number): void {
  for (let time = 0; time < times; time++) {
    throttle.started(0);
    throttle.answered(ms);
  }
}

test("a host gets no more requests at a time than it may, and a new one a single one", () => {
  const throttle = new HostThrottle({ maxConcurrency: 2, delayMs: 0 });
  throttle.started(0);
  expect(throttle.readyAt()).toBe(Number.POSITIVE_INFINITY);
  throttle.answered(10);
  throttle.started(0);
  expect(throttle.readyAt()).toBe(0);
  throttle.started(0);
  expect(throttle.readyAt()).toBe(Number.POSITIVE_INFINITY);
  throttle.answered(10);
  expect(throttle.readyAt()).toBe(0);
});

test("a delay goes by between two requests, one at a time", () => {
  const throttle = new HostThrottle({ maxConcurrency: 8, delayMs: 500 });
  throttle.started(100);
  throttle.answered(50);
  expect(throttle.readyAt()).toBe(600);
  throttle.atLeastEvery(2_000, 500);
  expect(throttle.readyAt()).toBe(2_500);
  throttle.started(2_500);
  throttle.answered(50);
  expect(throttle.readyAt()).toBe(4_500);
});

test("a host that refuses gets half as many, after a pause that grows; those refused together count once", () => {
  const throttle = new HostThrottle({ maxConcurrency: 8, delayMs: 0 });
  for (let each = 0; each < 4; each++) throttle.started(0);
  for (let each = 0; each < 4; each++) throttle.refused(10, undefined);
  expect([throttle.limit, throttle.readyAt()]).toEqual([4, 1_010]);
  throttle.started(1_010);
  throttle.refused(1_020, undefined);
  expect([throttle.limit, throttle.readyAt()]).toEqual([2, 3_020]);
  throttle.started(3_020);
  throttle.refused(3_030, 60_000);
  expect([throttle.limit, throttle.readyAt()]).toEqual([1, 63_030]);
});

test("a host that answers well again gets more, one by one", () => {
  const throttle = new HostThrottle({ maxConcurrency: 4, delayMs: 0 });
  throttle.started(0);
  throttle.refused(0, undefined);
  expect(throttle.limit).toBe(2);
  answer(throttle, 16, 50);
  expect(throttle.limit).toBe(3);
  answer(throttle, 100, 50);
  expect(throttle.limit).toBe(4);
});

test("a host that becomes slow gets fewer", () => {
  const throttle = new HostThrottle({ maxConcurrency: 8, delayMs: 0 });
  answer(throttle, 32, 20);
  answer(throttle, 64, 2_000);
  expect(throttle.limit).toBeLessThan(8);
});
