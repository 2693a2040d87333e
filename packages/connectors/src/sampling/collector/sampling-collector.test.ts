import { manualClock, type ManualClock } from "@millrace/core/testing";
import { expect, test } from "vitest";
import type {
  Reading,
  SampleBatch,
  SamplingReader,
  SamplingWriter,
  Variable,
} from "../../shared/sampling/index.ts";
import type { SamplingListener } from "./listener.ts";
import { SamplingCollector } from "./sampling-collector.ts";

const plan = { id: 1, variables: [{ id: 1, address: "a", reader: "r" }] };

function reader(
  read: (variables: readonly Variable[]) => Promise<readonly Reading[]>,
  name = "r",
): SamplingReader {
  return { name, read };
}

const one = (): Promise<readonly Reading[]> => Promise.resolve([{ value: 1 }]);

/** Takes `ms` of the clock. */
function slow(
  clock: ManualClock,
  ms: number,
): (variables: readonly Variable[]) => Promise<readonly Reading[]> {
  return async (variables) => {
    await clock.sleep(ms);
    return variables.map(() => ({ value: 1 }));
  };
}

function recorder(): {
  batches: SampleBatch[];
  listener: SamplingListener;
  times: (start: number) => number[];
} {
  const batches: SampleBatch[] = [];
  return {
    batches,
    listener: { onSample: (batch) => void batches.push(batch) },
    times: (start) => batches.map(({ time }) => time - start),
  };
}

test("listeners are told everything in order, and those that throw change nothing", async () => {
  const clock = manualClock();
  const told: string[] = [];
  const logged: string[] = [];
  const names = ["Start", "Pause", "Resume", "Stop", "Close"].flatMap((name) => [
    `before${name}`,
    `after${name}`,
  ]);
  const listener = Object.fromEntries(
    names.map((name) => [name, () => void told.push(name)]),
  ) as SamplingListener;
  const { batches, listener: counting } = recorder();
  const throwing: SamplingListener = {
    beforeStart: () => {
      throw new Error("no");
    },
    onSample: () => {
      throw new Error("never");
    },
  };
  const collector = new SamplingCollector({
    clock,
    readers: [reader(one)],
    listeners: [throwing, listener, counting],
    logger: (_level, message) => logged.push(message),
  });
  await collector.start({ id: 1, plan });
  await clock.advance(1_000);
  await collector.pause(1);
  await collector.resume(1);
  await clock.advance(1_000);
  await collector.stop(1);
  await collector.close();
  expect(told).toEqual(names);
  expect(batches).toHaveLength(2);
  expect(logged.filter((line) => line.startsWith("a listener failed"))).toHaveLength(3);
});

test("a reader that is too slow skips ticks, counts them, and delays no other", async () => {
  const clock = manualClock();
  const { batches, listener } = recorder();
  const collector = new SamplingCollector({
    clock,
    readers: [reader(slow(clock, 250)), reader(one, "quick")],
    listeners: [listener],
  });
  const variables = [...plan.variables, { id: 2, address: "b", reader: "quick" }];
  await collector.start({ id: 1, plan: { id: 1, variables }, defaultIntervalMs: 100 });
  await clock.advance(2_000);
  const status = collector.status();
  const of = (name: string): number => batches.filter((batch) => batch.reader === name).length;
  expect(of("quick")).toBe(20);
  expect(of("r")).toBeLessThanOrEqual(8);
  expect(of("r")).toBeGreaterThanOrEqual(7);
  const task = status.readers.find((each) => each.reader === "r");
  expect(of("r") + (task?.skipped ?? 0)).toBeGreaterThanOrEqual(18);
  expect(status.contexts[0]?.skipped).toBe(task?.skipped);
  const closing = collector.close();
  await clock.advance(3_000);
  await closing;
});

test("a reading that hangs is given up, is bad with its code, and is not joined by another", async () => {
  const clock = manualClock();
  let calls = 0;
  const errors: string[] = [];
  const { batches, listener } = recorder();
  const hanging = reader(() => {
    calls += 1;
    return new Promise(() => undefined);
  });
  const collector = new SamplingCollector({
    clock,
    readers: [hanging],
    readTimeoutMs: 300,
    listeners: [listener, { onError: (error) => void errors.push(error.message) }],
  });
  await collector.start({ id: 1, plan, defaultIntervalMs: 1_000 });
  await clock.advance(3_500);
  expect(calls).toBe(1);
  expect(batches.map(({ samples }) => [samples[0]?.quality, samples[0]?.code])).toEqual([
    ["bad", "timeout"],
    ["bad", "timeout"],
    ["bad", "timeout"],
  ]);
  expect(errors[0]).toContain("no answer within 300 ms");
  await collector.close();
  expect(clock.sleeping).toBe(0);
});

test("a writer that is slow or fails delays no reading, loses nothing and keeps the order", async () => {
  const clock = manualClock();
  const written: number[] = [];
  let refused = 0;
  const stubborn: SamplingWriter = {
    name: "stubborn",
    async write(batches) {
      await clock.sleep(200);
      refused += 1;
      if (refused % 3 !== 0) throw new Error("later");
      written.push(...batches.map(({ time }) => time));
    },
  };
  const { batches, listener } = recorder();
  const collector = new SamplingCollector({
    clock,
    readers: [reader(one)],
    writers: [stubborn],
    listeners: [listener],
  });
  await collector.start({ id: 1, plan, defaultIntervalMs: 100 });
  await clock.advance(5_000);
  expect(batches).toHaveLength(50);
  await collector.stop(1);
  await clock.advance(20_000);
  expect(written).toEqual(batches.map(({ time }) => time));
  await collector.close();
});

test("where a writer's queue is full the oldest samples are given up and counted", async () => {
  const clock = manualClock();
  const away: SamplingWriter = { name: "away", write: () => Promise.reject(new Error("away")) };
  const collector = new SamplingCollector({
    clock,
    readers: [reader(one)],
    writers: [away],
    queueSamples: 10,
  });
  await collector.start({ id: 1, plan, defaultIntervalMs: 100 });
  await clock.advance(10_000);
  const [writer] = collector.status().writers;
  expect(writer?.waiting).toBeLessThanOrEqual(10);
  expect((writer?.dropped ?? 0) + (writer?.waiting ?? 0)).toBe(100);
  await collector.close();
});

test("what cannot be is refused with words", async () => {
  const clock = manualClock();
  const collector = new SamplingCollector({ clock, readers: [{ ...reader(one), minIntervalMs: 500 }] });
  await expect(collector.start({ id: 1, plan, defaultIntervalMs: 100 })).rejects.toThrow(
    "less than the minimum of 500 ms",
  );
  const stranger = { id: 1, variables: [{ id: 1, address: "a", reader: "x" }] };
  await expect(collector.start({ id: 1, plan: stranger })).rejects.toThrow('wants the reader "x"');
  await expect(collector.pause(9)).rejects.toThrow("no context 9 has been started");
  await collector.start({ id: 1, plan });
  await expect(collector.start({ id: 1, plan })).rejects.toThrow("is running already");
  await expect(collector.resume(1)).rejects.toThrow("context 1 is running");
  expect(() => new SamplingCollector({ readers: [reader(one), reader(one)] })).toThrow(
    "two readers have the same name",
  );
  await collector.close();
  await expect(collector.start({ id: 2, plan })).rejects.toThrow("the collector is closed");
});

test("a reader that returns too few readings makes its variables bad", async () => {
  const clock = manualClock();
  const { batches, listener } = recorder();
  const collector = new SamplingCollector({
    clock,
    readers: [reader(() => Promise.resolve([]))],
    listeners: [listener],
  });
  await collector.start({ id: 1, plan });
  await clock.advance(1_000);
  expect(batches[0]?.samples[0]).toMatchObject({ value: null, quality: "bad", code: "reader-failed" });
  await collector.close();
});
