import { afterAll, describe, test } from "vitest";
import { crashBed, type CrashBed } from "./bed.ts";
import { killAfter, killAt, stepsOf, stopAt } from "./cases.ts";
import { MODES } from "./scenario.ts";

// Whether a process is stopped is read from /proc.
const stoppable = test.skipIf(process.platform !== "linux");

// The short form; `npm run test:crash` has the long one.
describe.for(MODES)("a run (%s) that is disturbed ends as an undisturbed one", (mode) => {
  let bed: CrashBed | undefined;
  const made = async (): Promise<CrashBed> => (bed ??= await crashBed(mode));
  afterAll(() => bed?.close());
  const steps = stepsOf(mode);

  test.for(steps)("killed at %s", async (step) => killAt(await made(), { step, nth: 2 }));

  test.for(steps.filter((_, i) => i % 4 === MODES.indexOf(mode)))(
    "killed at %s, then at the step before",
    async (step) =>
      killAt(await made(), { step, nth: 2 }, { step: steps[steps.indexOf(step) - 1] ?? step, nth: 1 }),
  );

  stoppable.for(["staged", "applied", "before-commit"] as const)(
    "stopped at %s, overtaken, and let go on",
    async (step) => stopAt(await made(), { step, nth: 2 }),
  );

  test.for([400, 550, 700])("killed after %i ms and again", async (ms) =>
    killAfter(await made(), [ms, ms + 70]),
  );
});
