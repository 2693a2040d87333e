import { MillraceError } from "@millrace/core";

/** Fails with MLR_RUN_STOPPED where the signal is aborted. */
export function stopIfAborted(signal: AbortSignal | undefined, cause?: unknown): void {
  if (signal?.aborted !== true) return;
  throw new MillraceError("MLR_RUN_STOPPED", "the statement was stopped before it had ended", {
    cause: cause ?? signal.reason,
  });
}
