/** A process that puts refused rows through their pipeline again, and kills itself at a step of the nth commit. */
import type { Step } from "../../src/postgres/internals.ts";
import { COMMAS, runItems } from "./scenario.ts";

/** What the process is told, as JSON in its first argument. */
export interface ChildOrder {
  readonly url: string;
  readonly run: string;
  readonly mode: "merge" | "append";
  readonly step: Step;
  readonly nth: number;
}

const { url, run, mode, step, nth } = JSON.parse(process.argv[2] ?? "{}") as ChildOrder;
let seen = 0;
const report = await runItems(
  {
    url,
    run,
    mode,
    attempt: 10n,
    transforms: [COMMAS],
    commitRows: 1,
    internals: {
      onStep: (reached) => {
        if (reached === step && ++seen === nth) process.kill(process.pid, "SIGKILL");
      },
    },
  },
  { reprocess: { table: "items" } },
);
process.stdout.write(JSON.stringify(report));
