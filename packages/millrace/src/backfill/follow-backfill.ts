import { getBackfill } from "@millrace/orchestrator";
import type { ControlStore } from "@millrace/platform";
import type { CliContext } from "../cli-context.ts";
import { progressOf } from "./backfill-text.ts";

/** Time between looks, in milliseconds. */
const LOOK_MS = 500;

/** Tells how far a backfill is whenever that changes, until it is over. A signal ends the telling; the backfill goes on. */
export async function followBackfill(cli: CliContext, pool: ControlStore["pool"], id: string): Promise<void> {
  const left = new AbortController();
  const leave = (): void => left.abort();
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  let told = "";
  try {
    for (;;) {
      const status = await getBackfill(pool, id);
      const text = progressOf(status);
      if (text !== told) cli.printer.note(text);
      told = text;
      if (status.over) return;
      if (left.signal.aborted) {
        cli.printer.note(
          `The backfill goes on without this command; end it with: millrace backfill cancel ${id}`,
        );
        return;
      }
      await pause(left.signal);
    }
  } finally {
    process.off("SIGINT", leave);
    process.off("SIGTERM", leave);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_MS);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
