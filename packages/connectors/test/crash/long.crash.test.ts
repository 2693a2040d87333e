import { afterAll, describe, test } from "vitest";
import { crashBed, type CrashBed } from "./bed.ts";
import { killAfter, killAt, stepsOf, stopAt } from "./cases.ts";
import { MODES } from "./scenario.ts";

const PASSINGS = [1, 2, 3];
const RANDOM_KILLS = 40;

// Whether a process is stopped is read from /proc.
const stoppable = test.skipIf(process.platform !== "linux");

/** Numbers that look random and are the same in each run, so that a failure can be repeated. */
function delays(seed: number): number[] {
  let state = (seed + 1) * 2654435761;
  const next = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 1) >>> 0;
    return 250 + (state % 900);
  };
  return Array.from({ length: 1 + (seed % 4) }, next);
}

describe.for(MODES)("a %s run that is disturbed ends as an undisturbed one", (mode) => {
  let bed: CrashBed | undefined;
  const made = async (): Promise<CrashBed> => (bed ??= await crashBed(mode));
  afterAll(() => bed?.close());

  const steps = stepsOf(mode);
  const single = steps.flatMap((step) => PASSINGS.map((nth) => ({ step, nth })));
  test.for(single)("killed at $step, passing $nth", async (at) => killAt(await made(), at));

  const pairs = steps.flatMap((step, i) =>
    steps.slice(Math.max(0, i - 1), i + 2).map((then) => ({ step, then })),
  );
  test.for(pairs)("killed at $step, then at $then", async ({ step, then }) =>
    killAt(await made(), { step, nth: 2 }, { step: then, nth: 1 }),
  );

  stoppable.for(single)("stopped at $step, passing $nth, overtaken, and let go on", async (at) =>
    stopAt(await made(), at),
  );

  test.for(Array.from({ length: RANDOM_KILLS }, (_, seed) => seed))(
    "killed at random moments, seed %i",
    async (seed) => killAfter(await made(), delays(seed)),
  );
});
