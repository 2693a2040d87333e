import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { serverUrl } from "../fresh-database.ts";
import type { ChildOrder } from "./child.ts";
import {
  copyDatabase,
  disconnected,
  dropDatabase,
  dump,
  finishedRun,
  startChild,
  type Child,
  type Dump,
} from "./driver.ts";
import { runScenario, type Mode } from "./scenario.ts";

/** The state after reading 1, to start from, and what reading 2 leaves when nothing disturbs it, to compare with. */
export interface CrashBed {
  readonly mode: Mode;
  readonly want: Dump;
  /** Gives `disturb` a database after reading 1, recovers until a run succeeds, and compares. */
  check(disturb: (trial: Trial) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** One database to disturb a run in. */
export interface Trial {
  readonly url: string;
  /** The run is over: its last commit landed, whoever sent it. */
  finished(): Promise<boolean>;
  start(order: Omit<ChildOrder, "url" | "mode" | "reading">): Child;
}

export async function crashBed(mode: Mode): Promise<CrashBed> {
  const server = await serverUrl();
  const base = `crash_${mode}_${randomBytes(6).toString("hex")}`;
  const baseUrl = await copyDatabase(server, "template0", base);
  await succeed(runScenario({ url: baseUrl, mode, reading: 1 }));
  const baseRun = await finishedRun(baseUrl);
  const undisturbed = `${base}_want`;
  const wantUrl = await copyDatabase(server, base, undisturbed);
  await succeed(runScenario({ url: wantUrl, mode, reading: 2 }));
  const want = await dump(wantUrl, mode);
  await dropDatabase(server, undisturbed);
  return {
    mode,
    want,
    async check(disturb) {
      const name = `${base}_${randomBytes(4).toString("hex")}`;
      const url = await copyDatabase(server, base, name);
      const children: Child[] = [];
      try {
        await disturb({
          url,
          finished: async () => {
            await disconnected(url);
            const run = await finishedRun(url);
            return run !== baseRun && run !== null;
          },
          start: (order) => {
            const child = startChild({ ...order, url, mode, reading: 2 });
            children.push(child);
            return child;
          },
        });
        // A commit that was sent may land after its sender died. A run that finished is not run again: that would be
        // another run, with counts of its own.
        await disconnected(url);
        const finished = await finishedRun(url);
        if (finished === baseRun || finished === null) {
          await succeed(runScenario({ url, mode, reading: 2 }), true);
        }
        expect(await dump(url, mode)).toEqual(want);
      } finally {
        for (const child of children) child.process.kill("SIGKILL");
        await Promise.all(children.map((child) => child.ended));
        await dropDatabase(server, name);
      }
    },
    close: () => dropDatabase(server, base),
  };
}

async function succeed(run: ReturnType<typeof runScenario>, recovering = false): Promise<void> {
  const report = await run;
  if (report.status !== "succeeded")
    throw new Error(`${recovering ? "the recovery" : "the run"} failed: ${JSON.stringify(report.error)}`);
}

export type { Child };
