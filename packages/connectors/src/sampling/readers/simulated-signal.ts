import { MillraceError } from "@millrace/core";

/** A value at a time, in ms since 1970. */
export type Signal = (timeMs: number) => number;

const SHAPES = {
  sine: (part: number) => (1 - Math.cos(2 * Math.PI * part)) / 2,
  ramp: (part: number) => part,
  triangle: (part: number) => 1 - Math.abs(2 * part - 1),
  square: (part: number) => (part < 0.5 ? 1 : 0),
} as const;

const CALL = /^\s*(\w+)\s*(?:\(([^()]*)\))?\s*$/;

/**
 * The signal that an address describes: `sine(0, 100, 60)`, `ramp`, `triangle` or `square` (from, to, seconds), `random(0, 10)`,
 * `counter(5)` (steps per second), `constant(3)`. The same time has the same value, in every process. Fails with MLR_ARGUMENT_INVALID.
 */
export function simulatedSignal(address: string): Signal {
  const [, name = "", list = ""] = CALL.exec(address) ?? [];
  const numbers = list.trim() === "" ? [] : list.split(",").map(Number);
  if (numbers.some((number) => !Number.isFinite(number))) throw unknown(address);
  const made = isShape(name) ? periodic(SHAPES[name], numbers) : OTHERS[name]?.(numbers, address);
  if (made === undefined) throw unknown(address);
  return made;
}

function periodic(
  shape: (part: number) => number,
  [from = 0, to = 100, seconds = 60]: readonly number[],
): Signal | undefined {
  if (seconds <= 0) return undefined;
  return (time) => from + (to - from) * shape(((time / 1_000) % seconds) / seconds);
}

const OTHERS: Readonly<Record<string, (numbers: readonly number[], address: string) => Signal>> = {
  random: ([from = 0, to = 100], address) => {
    const seed = seedOf(address);
    return (time) => from + (to - from) * noise(seed, time);
  },
  counter:
    ([perSecond = 1]) =>
    (time) =>
      Math.floor((time / 1_000) * perSecond),
  constant:
    ([value = 0]) =>
    () =>
      value,
};

function isShape(name: string): name is keyof typeof SHAPES {
  return Object.hasOwn(SHAPES, name);
}

function unknown(address: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `the simulator knows no "${address}"`, {
    hint: "Write for instance sine(0, 100, 60), ramp(0, 10, 5), triangle(0, 1, 2), square(0, 1, 4), random(0, 10), counter(5) or constant(3).",
    details: { address },
  });
}

function seedOf(text: string): number {
  let seed = 0x811c9dc5;
  for (const char of text) seed = Math.imul(seed ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return seed >>> 0;
}

/** Between 0 and 1, as if at random. */
function noise(seed: number, time: number): number {
  let mixed = (seed ^ Math.imul(Math.floor(time), 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}
