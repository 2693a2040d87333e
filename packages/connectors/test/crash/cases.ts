import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Step } from "../../src/postgres/internals.ts";
import type { CrashBed } from "./bed.ts";
import { merges, type Mode } from "./scenario.ts";

/** The steps of a session in their order, see `internals.ts`. */
const STEPS: readonly Step[] = [
  "opened",
  "copy-begin",
  "staged",
  "commit-begin",
  "fenced",
  "defined",
  "diffed",
  "applied",
  "removed",
  "swapped",
  "recorded",
  "before-commit",
  "after-commit",
];

/** The steps that reading 2 of the mode takes. */
export function stepsOf(mode: Mode): readonly Step[] {
  const without: readonly Step[] = merges(mode)
    ? ["copy-begin", "swapped"]
    : mode === "append"
      ? ["diffed", "removed", "swapped"]
      : ["diffed", "removed"];
  return STEPS.filter((step) => !without.includes(step));
}

/** A step that is to be met, the nth time. Those that a run takes only once are met the first time. */
export interface At {
  readonly step: Step;
  readonly nth: number;
}

function met({ step, nth }: At): At {
  return { step, nth: step === "opened" || step === "swapped" ? 1 : nth };
}

/** kill -9 at a step; where `then` is given, what recovers is killed as well, if it comes to that step; then recovery. */
export function killAt(bed: CrashBed, first: At, then?: At): Promise<void> {
  return bed.check(async (trial) => {
    expect(await trial.start({ at: { ...met(first), signal: "SIGKILL" } }).ended).toMatchObject({
      signal: "SIGKILL",
    });
    if (then !== undefined) await trial.start({ at: { ...met(then), signal: "SIGKILL" } }).ended;
  });
}

/** The process stops at a step; another takes over and finishes; the stopped one goes on and must not change anything. */
export function stopAt(bed: CrashBed, at: At): Promise<void> {
  return bed.check(async (trial) => {
    const zombie = trial.start({ at: { ...met(at), signal: "SIGSTOP" } });
    expect(await Promise.race([zombie.ended.then(() => "ended"), isStopped(zombie.process.pid ?? 0)])).toBe(
      "stopped",
    );
    const successor = await trial.start({}).ended;
    expect(successor.report).toMatchObject({ status: "succeeded" });
    zombie.process.kill("SIGCONT");
    const { report } = await zombie.ended;
    expect(report?.status).not.toBe("succeeded");
  });
}

/** kill -9 after so many milliseconds, wherever the run is then. */
export function killAfter(bed: CrashBed, delaysMs: readonly number[]): Promise<void> {
  return bed.check(async (trial) => {
    for (const delay of delaysMs) {
      const child = trial.start({ paceMs: 3 });
      const timer = sleep(delay).then(() => child.process.kill("SIGKILL"));
      const { signal } = await child.ended;
      await timer;
      // Killed behind its last commit it was finished as well: whoever came next would be another run, with counts of its own.
      if (signal === null || (await trial.finished())) return;
    }
  });
}

async function isStopped(pid: number): Promise<string> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")) return "stopped";
    await sleep(10);
  }
}
