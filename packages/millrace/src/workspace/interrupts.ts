import { EXIT } from "../exit-codes.ts";
import type { Printer } from "../output/printer.ts";

const EXITS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;
/** npm passes Ctrl-C on to a process that the terminal told already: the same signal so soon after is the same wish. */
const ECHO_MS = 100;

/** The wish to stop, as signals say it. */
export interface Interrupts {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that the first signal asks for; undefined as long as there was none. */
  exitCode(): number | undefined;
  /** Back to the system's own handling. Idempotent. */
  dispose(): void;
}

/**
 * Listens for SIGINT and SIGTERM: the first asks for a good end, a second ends the process at once.
 * @param says what happens on the first
 */
export function listenForInterrupts(printer: Printer, says = "Stopping after the next commit."): Interrupts {
  const controller = new AbortController();
  let first: { readonly name: keyof typeof EXITS; readonly ms: number } | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (name !== "SIGINT" && name !== "SIGTERM") return;
    const ms = performance.now();
    if (first === undefined) {
      first = { name, ms };
      printer.note(`\n${says} ${name === "SIGINT" ? "Ctrl-C again" : "A second signal"} stops at once.`);
      controller.abort(name);
      return;
    }
    if (first.name === name && ms - first.ms < ECHO_MS) return;
    process.exit(EXITS[name]);
  };
  for (const name of Object.keys(EXITS)) process.on(name, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => (first === undefined ? undefined : EXITS[first.name]),
    dispose: () => {
      for (const name of Object.keys(EXITS)) process.off(name, onSignal);
    },
  };
}
