import { manualClock, type ManualClock } from "@millrace/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SampleBatch, SamplingReader } from "../../shared/sampling/index.ts";
import { SamplingCollector } from "./sampling-collector.ts";

const START = Date.UTC(2026, 0, 1);

type Command =
  | { readonly kind: "start" | "pause" | "resume" | "stop"; readonly context: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "jump"; readonly ms: number };

interface ContextShape {
  readonly defaultIntervalMs: number;
  readonly durationSeconds: number;
  readonly minShare: number;
  readonly variables: readonly { readonly id: number; readonly intervalMs: number | undefined }[];
}

const interval = fc.constantFrom(20, 50, 70, 100, 200, 300, 1_000);
const shape: fc.Arbitrary<ContextShape> = fc.record({
  defaultIntervalMs: interval,
  durationSeconds: fc.constantFrom(0.25, 1, 2, 3_600),
  minShare: fc.constantFrom(0, 0, 0.5, 1),
  variables: fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 1, max: 6 }), intervalMs: fc.option(interval, { nil: undefined }) }),
    { minLength: 1, maxLength: 6, selector: ({ id }) => id },
  ),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("start", "pause", "resume", "stop"),
      context: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("jump" as const),
      ms: fc.integer({ min: -100_000, max: 100_000 }),
    }),
  },
);

/** Answers at once, and remembers what was asked when. */
function instantReader(
  clock: ManualClock,
): SamplingReader & { readonly asked: [time: number, id: number][] } {
  const asked: [number, number][] = [];
  return {
    name: "instant",
    asked,
    read: (variables) => {
      for (const { id } of variables) asked.push([START + clock.monotonic(), id]);
      return Promise.resolve(variables.map(({ id }) => ({ value: id })));
    },
  };
}

/** What a context should get, written as simply as can be: windows of time, and the multiples within them. */
class Expected {
  readonly #shape: ContextShape;
  #state: "stopped" | "running" | "paused" = "stopped";
  #since = 0;
  #end = 0;
  readonly samples: string[] = [];

  constructor(contextShape: ContextShape) {
    this.#shape = contextShape;
  }

  /** False where the command is refused. */
  accepts(kind: "start" | "pause" | "resume" | "stop"): boolean {
    if (kind === "start") return this.#state === "stopped";
    if (kind === "stop") return this.#state !== "stopped";
    return this.#state === (kind === "pause" ? "running" : "paused");
  }

  apply(kind: "start" | "pause" | "resume" | "stop", now: number): void {
    this.passed(now);
    if (kind === "start") this.#end = now + this.#shape.durationSeconds * 1_000;
    this.#state = kind === "stop" ? "stopped" : kind === "pause" ? "paused" : "running";
    this.#since = now;
  }

  passed(now: number): void {
    const until = Math.min(now, this.#end);
    if (this.#state === "running") {
      for (const { id, intervalMs = this.#shape.defaultIntervalMs } of this.#shape.variables)
        for (let tick = this.#since + 1; tick <= until; tick += 1)
          if (tick % intervalMs === 0) this.samples.push(`${id}@${tick}`);
      this.#since = until;
    }
    if (this.#state !== "stopped" && now >= this.#end) this.#state = "stopped";
  }
}

async function play(
  shapes: readonly ContextShape[],
  commands: readonly Command[],
  options: { readonly everyTick: boolean },
): Promise<{ expected: string[][]; got: string[][]; asked: [number, number][] }> {
  const clock = manualClock(START);
  const reader = instantReader(clock);
  const got: string[][] = shapes.map(() => []);
  const collect = (batch: SampleBatch): void => {
    for (const { variable } of batch.samples) got[batch.context.id]?.push(`${variable.id}@${batch.time}`);
  };
  const collector = new SamplingCollector({
    clock,
    readers: [reader],
    listeners: [{ onSample: collect }],
    ...options,
  });
  const expected = shapes.map((each) => new Expected(each));
  const now = (): number => START + clock.monotonic();
  for (const each of [...commands, { kind: "wait" as const, ms: 1_100 }]) {
    if (each.kind === "wait") await clock.advance(each.ms);
    else if (each.kind === "jump") clock.jump(each.ms);
    else {
      const own = expected[each.context];
      const contextShape = shapes[each.context];
      if (own === undefined || contextShape === undefined) continue;
      own.passed(now());
      if (!own.accepts(each.kind)) continue;
      if (each.kind === "start") await collector.start(definitionOf(each.context, contextShape));
      else await collector[each.kind](each.context);
      own.apply(each.kind, now());
    }
    for (const own of expected) own.passed(now());
  }
  await collector.close();
  return {
    expected: expected.map(({ samples }) => samples.toSorted()),
    got: got.map((samples) => samples.toSorted()),
    asked: reader.asked,
  };
}

function definitionOf(id: number, given: ContextShape): Parameters<SamplingCollector["start"]>[0] {
  const { defaultIntervalMs, durationSeconds, minShare } = given;
  const variables = given.variables.map((variable) => ({
    id: variable.id,
    ...(variable.intervalMs === undefined ? {} : { intervalMs: variable.intervalMs }),
    address: `v${variable.id}`,
    reader: "instant",
  }));
  const shortest = Math.min(...given.variables.map(({ intervalMs }) => intervalMs ?? defaultIntervalMs));
  const minIntervalMs = Math.floor(shortest * minShare);
  return { id, defaultIntervalMs, durationSeconds, minIntervalMs, plan: { id, variables } };
}

test("for any contexts and any commands, each context gets exactly the samples of its own intervals", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { minLength: 1, maxLength: 4 }),
      fc.array(command, { maxLength: 25 }),
      fc.boolean(),
      async (shapes, commands, everyTick) => {
        const { expected, got } = await play(shapes, commands, { everyTick });
        expect(got).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("for any contexts, a variable is asked for at most once per tick, and only where some context is due", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { minLength: 1, maxLength: 4 }),
      fc.array(command, { maxLength: 25 }),
      async (shapes, commands) => {
        const { expected, asked } = await play(shapes, commands, { everyTick: false });
        const due = new Set(expected.flat());
        const texts = asked.map(([time, id]) => `${id}@${time}`);
        expect(new Set(texts).size).toBe(texts.length);
        expect(texts.filter((text) => !due.has(text))).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});

test("two due ticks closer than the minimum interval share one reading", async () => {
  const clock = manualClock(START);
  const reader = instantReader(clock);
  const times = new Map<number, number[]>();
  const collector = new SamplingCollector({
    clock,
    readers: [reader],
    listeners: [
      {
        onSample: ({ context, time, samples }) => {
          times.set(context.id, [...(times.get(context.id) ?? []), time - START]);
          expect(samples).toHaveLength(1);
        },
      },
    ],
  });
  const plan = { id: 1, variables: [{ id: 1, address: "a", reader: "instant" }] };
  await collector.start({ id: 1, plan, defaultIntervalMs: 200, minIntervalMs: 150 });
  await collector.start({ id: 2, plan, defaultIntervalMs: 300, minIntervalMs: 150 });
  await clock.advance(600);
  expect(times.get(1)).toEqual([200, 400, 600]);
  expect(times.get(2)).toEqual([300, 600]);
  expect(reader.asked.map(([time]) => time - START)).toEqual([200, 400, 600]);
  await collector.close();
});

test("a hundred contexts on the same variables ask no more than one at their common interval", async () => {
  const clock = manualClock(START);
  const reader = instantReader(clock);
  const collector = new SamplingCollector({ clock, readers: [reader] });
  const variables = Array.from({ length: 20 }, (_, id) => ({ id, address: `v${id}`, reader: "instant" }));
  const plan = { id: 1, variables };
  for (let id = 0; id < 100; id += 1)
    await collector.start({ id, plan, defaultIntervalMs: id % 2 === 0 ? 200 : 300 });
  await clock.advance(6_000);
  expect(reader.asked.length).toBe(20 * (6_000 / 200 + 6_000 / 300 - 6_000 / 600));
  await collector.close();
  expect(clock.sleeping).toBe(0);
});
