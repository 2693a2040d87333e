import { parseOptions, systemClock, type Clock } from "@millrace/core";
import { z } from "zod";
import type { Reading, SampleValue, SamplingReader, Variable } from "../../shared/sampling/index.ts";
import { simulatedSignal, type Signal } from "./simulated-signal.ts";

/** Options of `simulator()`. */
export const simulatorOptions = z.strictObject({
  /** Name by which variables choose it. Default `simulator`. */
  name: z.string().min(1).default("simulator"),
  /** Milliseconds that each reading takes. Default 0. */
  delayMs: z.number().nonnegative().default(0),
  /** Share of the readings that are bad, from 0 to 1; which ones is decided by the time. Default 0. */
  badShare: z.number().min(0).max(1).default(0),
});

/** Options of `simulator()`, as users write them. */
export type SimulatorOptions = z.input<typeof simulatorOptions>;

/**
 * A reader without equipment: values are functions of the time, such as `sine(0, 100, 60)`, `random(0, 10)` or `counter(5)`.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example simulator()
 */
export function simulator(options: SimulatorOptions = {}): SamplingReader {
  const { name, delayMs, badShare } = parseOptions(simulatorOptions, options, "simulator()");
  const prepared = new WeakMap<readonly Variable[], readonly Point[]>();
  const bad = badShare === 0 ? undefined : simulatedSignal("random(0, 1)");
  let clock: Clock = systemClock;
  return {
    name,
    check: ({ address }) => void simulatedSignal(address),
    open: (context) => {
      clock = context.clock;
    },
    async read(variables, { signal }) {
      if (delayMs > 0) await clock.sleep(delayMs, signal);
      const time = clock.now();
      const points = prepared.get(variables) ?? variables.map(pointOf);
      prepared.set(variables, points);
      return points.map(({ id, value, shape }): Reading => {
        if (bad !== undefined && bad(time + id * 7_919) < badShare)
          return { value: null, quality: "bad", code: "simulated", sourceTime: time };
        return { value: shape(value(time)), sourceTime: time };
      });
    },
  };
}

interface Point {
  readonly id: number;
  readonly value: Signal;
  readonly shape: (value: number) => SampleValue;
}

function pointOf({ id, address, type }: Variable): Point {
  return { id, value: simulatedSignal(address), shape: shapeOf(type) };
}

/** What a device of that type would say. */
function shapeOf(type: string): (value: number) => SampleValue {
  if (type === "bool") return (value) => value >= 0.5;
  if (type === "float32") return Math.fround;
  if (/int|bcd/.test(type)) return Math.round;
  if (type.startsWith("string")) return String;
  return (value) => value;
}
