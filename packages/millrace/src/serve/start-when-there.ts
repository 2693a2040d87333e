import type { Clock } from "@millrace/core";
import { isControlAway } from "@millrace/platform";

/** How long a control database may be away while a process starts, in milliseconds. */
const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4_000;

export interface StartOptions {
  readonly clock: Clock;
  /** Aborted when the process is to end instead. */
  readonly signal: AbortSignal;
  /** Told once, when the first attempt failed. */
  readonly onAway: (error: unknown, patienceMs: number) => void;
}

/**
 * Starts a process that serves, again and again for a minute where its control database is away: a server that is restarted at the
 * same time, as after a power cut or in a deployment, is no reason to end. Undefined where it was told to end meanwhile; any
 * other failure, and one that lasts, is thrown.
 */
export async function startWhenThere<T>(
  start: () => Promise<T>,
  { clock, signal, onAway }: StartOptions,
): Promise<T | undefined> {
  const until = clock.monotonic() + PATIENCE_MS;
  for (let wait = FIRST_WAIT_MS, attempt = 1; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS), attempt++) {
    try {
      return await start();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isControlAway(error) || clock.monotonic() + wait > until) throw error;
      if (attempt === 1) onAway(error, PATIENCE_MS);
    }
    await clock.sleep(wait, signal);
    if (signal.aborted) return undefined;
  }
}
