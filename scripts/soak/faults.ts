import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { processTree } from "./process-tree.ts";

/** What faults are done to. */
export interface Victim {
  /** The platform's process. */
  readonly pid: () => number;
  readonly admin: pg.Pool;
  /** Kills the platform and starts it again. */
  restart(): Promise<void>;
}

/** Faults by name; each returns once it is done, and whether there was anything to do it to. */
export const FAULTS: Readonly<Record<string, (victim: Victim) => Promise<boolean>>> = {
  "run killed": async ({ pid }) => signalRun(pid(), "SIGKILL"),
  "run stopped for 8 s": async ({ pid }) => {
    const stopped = await runProcess(pid());
    if (stopped === undefined || !send(stopped, "SIGSTOP")) return false;
    await wait(8_000);
    send(stopped, "SIGCONT");
    return true;
  },
  "connections ended": async ({ admin }) => {
    const { rowCount } = await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name LIKE 'millrace%'",
    );
    return (rowCount ?? 0) > 0;
  },
  "platform killed": async (victim) => {
    await victim.restart();
    return true;
  },
};

async function signalRun(root: number, signal: NodeJS.Signals): Promise<boolean> {
  const pid = await runProcess(root);
  return pid !== undefined && send(pid, signal);
}

/** One of the processes that carry out runs, at random. */
async function runProcess(root: number): Promise<number | undefined> {
  const found = (await processTree(root)).filter(({ command }) => command.includes("run-process"));
  return found[Math.floor(Math.random() * found.length)]?.pid;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
