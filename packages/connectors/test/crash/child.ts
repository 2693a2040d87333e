/** A process that runs the scenario once and does to itself, at a named step, what its argument says. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Step } from "../../src/postgres/internals.ts";
import { runScenario, type Mode } from "./scenario.ts";

/** What the process is told, as JSON in its first argument. */
export interface ChildOrder {
  readonly url: string;
  readonly mode: Mode;
  readonly reading: 1 | 2;
  /** The signal that it sends itself when it comes to this step for the nth time. */
  readonly at?: { readonly step: Step; readonly nth: number; readonly signal: "SIGKILL" | "SIGSTOP" };
  /** Milliseconds to wait before each batch. */
  readonly paceMs?: number;
}

const order = JSON.parse(process.argv[2] ?? "{}") as ChildOrder;
let seen = 0;
const report = await runScenario({
  url: order.url,
  mode: order.mode,
  reading: order.reading,
  ...(order.paceMs === undefined ? {} : { pace: () => sleep(order.paceMs) }),
  internals: {
    onStep: (step) => {
      if (process.env["CRASH_STEPS"] !== undefined) process.stderr.write(`${step}\n`);
      if (order.at?.step === step && ++seen === order.at.nth) process.kill(process.pid, order.at.signal);
    },
  },
});
process.stdout.write(
  JSON.stringify({
    status: report.status,
    code: report.error?.code ?? null,
    message: report.error?.message ?? null,
  }),
);
process.exit(report.status === "succeeded" ? 0 : 1);
