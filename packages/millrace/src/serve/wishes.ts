import type { Printer } from "../output/printer.ts";

/** npm passes Ctrl-C on to a process that the terminal told already: the same signal so soon after is the same wish. */
const ECHO_MS = 100;

/** What signals ask of a process that serves. */
export interface Wishes {
  /** Resolves with the first signal: take nothing more, and end when what goes on is over. */
  readonly drain: Promise<void>;
  /** Resolves with the second one: stop what goes on. */
  readonly stop: Promise<void>;
  /** Back to the system's own handling. Idempotent. */
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM: the first drains, the second stops, a third ends the process at once. */
export function listenForWishes(printer: Printer, running: () => number): Wishes {
  const drain = Promise.withResolvers<void>();
  const stop = Promise.withResolvers<void>();
  let signals = 0;
  let last = -Infinity;
  const onSignal = (): void => {
    const now = performance.now();
    if (now - last < ECHO_MS) return;
    last = now;
    signals++;
    if (signals === 1) {
      const count = running();
      const what =
        count === 0
          ? "Ending."
          : `Ending when ${count === 1 ? "1 run is" : `${count} runs are`} over; once more stops after the next commit.`;
      printer.note(`\n${what}`);
      drain.resolve();
    } else if (signals === 2) {
      printer.note("Stopping after the next commit; once more ends at once.");
      stop.resolve();
    } else process.exit(130);
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  return {
    drain: drain.promise,
    stop: stop.promise,
    dispose: () => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    },
  };
}
