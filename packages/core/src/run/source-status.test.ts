import { expect, it } from "vitest";
import { manualClock } from "../testing/manual-clock.ts";
import { SourceStatus } from "./source-status.ts";

it("tells the first status at once, and then the latest of each second", async () => {
  const clock = manualClock();
  const told: unknown[] = [];
  const status = new SourceStatus(clock, (kind, value) => told.push([kind, value]));
  status.tell("a", 1);
  status.tell("a", 2);
  status.tell("a", 3);
  status.tell("b", 1);
  expect(told).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  await clock.advance(999);
  expect(told).toHaveLength(2);
  await clock.advance(1);
  expect(told.slice(2)).toEqual([["a", 3]]);
  status.tell("a", 4);
  status.close();
  status.tell("a", 5);
  expect(told.slice(3)).toEqual([["a", 4]]);
  expect(clock.sleeping).toBe(0);
});
