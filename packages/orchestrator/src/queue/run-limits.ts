import type { RunLimits } from "@millrace/core";

/** What holds where a pipeline says nothing. */
export const RUN_LIMITS: RunLimits = {
  queue: "default",
  priority: 0,
  labels: [],
  pools: [],
  timeoutSeconds: 0,
  memoryMb: 2_048,
  attempts: 3,
  disableAfter: 0,
};
