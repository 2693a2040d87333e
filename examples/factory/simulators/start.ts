import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { SamplingListener } from "millrace";

const PROGRAMS = ["press.ts", "oven.ts"];

/** Starts the machines when sampling begins and ends them with it; each is a process of its own that can be killed and comes back. */
export function simulators(): SamplingListener {
  const running = new Set<ChildProcess>();
  let over = false;
  const start = (program: string): void => {
    const child = fork(fileURLToPath(new URL(program, import.meta.url)), { stdio: "ignore" });
    running.add(child);
    child.once("exit", () => {
      running.delete(child);
      // Somebody plugged it in again.
      if (!over) setTimeout(() => over || start(program), 5_000).unref();
    });
    child.unref();
    child.channel?.unref();
  };
  return {
    beforeStart: () => PROGRAMS.forEach(start),
    afterClose: () => {
      over = true;
      for (const child of running) child.kill();
    },
  };
}
