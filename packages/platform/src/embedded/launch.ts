import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { execute } from "./execute.ts";
import type { Layout } from "./layout.ts";
import { readPidFile } from "./postmaster.ts";
import { type Running, settle } from "./running.ts";

/** Longest wait for the server's first sign of life. */
const PID_FILE_MS = 60_000;

/** What is launched, and where. */
export interface Launch {
  readonly layout: Layout;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
}

/** Starts the server's process and waits until it answers; undefined where it ended instead, or another one was faster. */
export async function launch(options: Launch): Promise<Running | undefined> {
  const { layout } = options;
  const log = await open(layout.log, "a", 0o600);
  try {
    if (process.platform === "win32") await launchByPgCtl(options, log.fd);
    else await launchDirectly(options, log.fd);
  } finally {
    await log.close();
  }
  return settle(layout);
}

/** The server leads a session of its own, so that neither the end of its starter nor a Ctrl-C in its terminal ends it. */
async function launchDirectly({ layout, binaries, account }: Launch, log: number): Promise<void> {
  const child = spawn(binaries.postgres, ["-D", layout.data], {
    cwd: layout.directory,
    stdio: ["ignore", log, log],
    detached: true,
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  let ended = false;
  child.once("exit", () => (ended = true));
  await once(child, "spawn");
  child.unref();
  const giveUp = performance.now() + PID_FILE_MS;
  while (!ended && performance.now() < giveUp && (await readPidFile(layout.pidFile))?.pid !== child.pid) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** On Windows pg_ctl gives up the rights of an administrator, with which the server would refuse to run. */
async function launchByPgCtl({ layout, binaries, account }: Launch, log: number): Promise<void> {
  const args = ["start", "-s", "-w", "-t", "60", "-D", layout.data, "-l", layout.log];
  await execute(binaries.pgCtl, args, { cwd: layout.directory, account, outputTo: log });
}
