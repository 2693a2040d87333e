import type { RunState } from "../src/queue/held-run.ts";

/** What is recorded of a run that has succeeded in a process of its own. */
export const STATE: RunState = {
  attempt: "7",
  continues: null,
  counts: {},
  checkpoint: {},
  withheld: {},
  log: [],
};
/** How that process ended. */
export const END = {
  exitCode: 0,
  signal: null,
  peakMemoryBytes: 5,
  cpuMs: 6,
  exceptions: 0,
  lastException: null,
};
/** What it reported. */
export const REPORT = {
  run: "",
  pipeline: "a",
  status: "succeeded" as const,
  startedAt: "",
  durationMs: 12,
  attempt: "7",
  resumed: false,
  tables: {},
  checkpoint: {},
  withheld: {},
};
