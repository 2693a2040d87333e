import { z } from "zod";

/** How far a run has come, see `RecordStatus`. */
export const RunStatus = z
  .enum(["queued", "running", "succeeded", "failed", "stopped", "cancelled", "died"])
  .describe(
    "`stopped`: goes on when run again; `cancelled`: ended by force; `died`: its process ended without saying so.",
  );
