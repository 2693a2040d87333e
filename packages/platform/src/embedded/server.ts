import { chown, open, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { CONFIGURATION_FILE, configuration } from "./configuration.ts";
import { execute } from "./execute.ts";
import { hintForLog, startFailure, tail } from "./failure.ts";
import { type Launch, launch } from "./launch.ts";
import type { Layout } from "./layout.ts";
import { freePort } from "./ports.ts";
import { identify, readPidFile } from "./postmaster.ts";
import type { Running } from "./running.ts";

/** Longest wait for what hinders a start to go away by itself. */
const HINDRANCE_MS = 60_000;
const LOG_LIMIT = 10 * 1024 * 1024;

export interface StartOptions extends Launch {
  /** The port to try first. */
  readonly port: number;
}

/** Starts the server, on the next free port where the wanted one is taken, and waits until it answers. */
export async function startServer(options: StartOptions): Promise<Running> {
  const { layout, account } = options;
  await openLog(layout, account);
  let wish = options.port;
  const giveUp = performance.now() + HINDRANCE_MS;
  for (;;) {
    const port = await freePort(wish);
    await writeConfiguration(layout, account, port);
    const offset = (await stat(layout.log)).size;
    const running = await launch(options);
    if (running !== undefined) return running;
    const lines = await tail(layout.log, offset);
    const text = lines.join("\n");
    if (performance.now() > giveUp) throw notStarted(layout, lines);
    if (/could not bind|could not create any TCP\/IP sockets/i.test(text)) {
      wish = port + 1;
    } else if (/pre-existing shared memory|lock file "postmaster.pid" already exists/i.test(text)) {
      // What a killed server left ends by itself within moments.
      await new Promise((resolve) => setTimeout(resolve, 250));
    } else {
      throw notStarted(layout, lines);
    }
  }
}

function notStarted(layout: Layout, log: readonly string[]): Error {
  const hint = hintForLog(log) ?? `The whole log is in ${layout.log}.`;
  return startFailure(`PostgreSQL did not start in ${layout.directory}`, {
    log,
    hint,
    details: { directory: layout.directory },
  });
}

/** Stops the server and waits for it; false where none ran. */
export async function stopServer(
  layout: Layout,
  binaries: Binaries,
  account: Account | undefined,
): Promise<boolean> {
  const found = await readPidFile(layout.pidFile);
  if (found === undefined || (await identify(found.pid, layout.data)) !== "server") return false;
  const outcome = await execute(
    binaries.pgCtl,
    ["stop", "-s", "-w", "-t", "60", "-m", "fast", "-D", layout.data],
    { cwd: layout.directory, account },
  );
  if (outcome.code === 0 || (await identify(found.pid, layout.data)) !== "server") return true;
  throw startFailure(
    `The PostgreSQL of ${layout.directory} (pid ${found.pid}) did not stop: ${outcome.output.trim()}`,
    {
      hint: `See ${layout.log}.`,
      details: { pid: found.pid },
    },
  );
}

async function openLog(layout: Layout, account: Account | undefined): Promise<void> {
  const facts = await stat(layout.log).catch(() => undefined);
  if (facts !== undefined && facts.size > LOG_LIMIT) await rename(layout.log, `${layout.log}.1`);
  await (await open(layout.log, "a", 0o600)).close();
  if (account !== undefined) await chown(layout.log, account.uid, account.gid);
}

async function writeConfiguration(layout: Layout, account: Account | undefined, port: number): Promise<void> {
  const file = join(layout.data, CONFIGURATION_FILE);
  await writeFile(file, await configuration(port), { mode: 0o600 });
  if (account !== undefined) await chown(file, account.uid, account.gid);
}
