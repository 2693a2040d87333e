import { systemClock } from "@millrace/core";
import { expect, it } from "vitest";
import { newRunId } from "./run-id.ts";

it("makes version 7 UUIDs that sort by time, also within a millisecond", () => {
  const clock = { ...systemClock, now: () => 1_795_309_843_123 };
  const ids = Array.from({ length: 1000 }, () => newRunId(clock));
  for (const id of ids) {
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(1_795_309_843_123);
  }
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(newRunId({ ...clock, now: () => 1_795_309_843_124 }) > ids.at(-1)!).toBe(true);
});
