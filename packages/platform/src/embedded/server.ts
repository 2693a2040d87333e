import { chown, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { readPassword } from "./cluster.ts";
import { CONFIGURATION_FILE, configuration } from "./configuration.ts";
import { execute } from "./execute.ts";
import { hintForLog, startFailure, tail } from "./failure.ts";
import type { Layout } from "./layout.ts";
import { freePort } from "./ports.ts";
import { identify, readPidFile } from "./postmaster.ts";
import { probe } from "./probe.ts";

/** A server that answers. */
export interface Running {
  readonly pid: number;
  readonly port: number;
  readonly password: string;
  readonly version: string;
  readonly databases: readonly string[];
}

/** Longest wait for a server that says it is starting, which may be replaying its log after a crash. */
const RECOVERY_MS = 600_000;
/** Longest wait for one that exists and says nothing. */
const SILENCE_MS = 30_000;
const LOG_LIMIT = 10 * 1024 * 1024;

/** The server of the folder if it runs and answers now. Looks once, waits for nothing. */
export async function findRunning(layout: Layout): Promise<Running | undefined> {
  const found = await readPidFile(layout.pidFile);
  const password = found === undefined ? undefined : await readPassword(layout);
  if (found === undefined || password === undefined || found.port === 0) return undefined;
  const answer = await probe({ port: found.port, password }, layout.data);
  if (answer.state !== "ours") return undefined;
  return { ...found, password, version: answer.version, databases: answer.databases };
}

/** Waits until it is clear whether a server runs, and removes the pid file of one that does not. */
export async function settle(layout: Layout): Promise<Running | undefined> {
  const begun = performance.now();
  let heard = begun;
  for (;;) {
    const found = await readPidFile(layout.pidFile);
    if (found === undefined) return undefined;
    const password = await readPassword(layout);
    const answer =
      password === undefined || found.port === 0
        ? ({ state: "refused" } as const)
        : await probe({ port: found.port, password }, layout.data);
    if (answer.state === "ours" && password !== undefined) {
      return { ...found, password, version: answer.version, databases: answer.databases };
    }
    const process = await identify(found.pid, layout.data);
    if (process === "gone") return undefined;
    if (process === "other") {
      // The pid was given to another program: PostgreSQL would take that one for itself and refuse to start.
      const again = await readPidFile(layout.pidFile);
      if (again?.pid === found.pid) await rm(layout.pidFile, { force: true });
      return undefined;
    }
    if (answer.state === "foreign") throw refusesUs(layout, found.pid, answer.reason);
    const now = performance.now();
    if (answer.state === "busy") heard = now;
    if (now - heard > SILENCE_MS || now - begun > RECOVERY_MS)
      throw doesNotAnswer(layout, found.pid, found.port);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function refusesUs(layout: Layout, pid: number, reason: string): Error {
  return startFailure(`The PostgreSQL of ${layout.directory} runs (pid ${pid}) but refuses us: ${reason}`, {
    hint: `Check the password in ${layout.password}.`,
    details: { pid },
  });
}

function doesNotAnswer(layout: Layout, pid: number, port: number): Error {
  return startFailure(
    `The PostgreSQL of ${layout.directory} exists (pid ${pid}) but does not answer on port ${port}`,
    {
      hint: `It may be stopped or hanging. See ${layout.log}; end the process ${pid} and try again.`,
      details: { pid, port },
    },
  );
}

export interface StartOptions {
  readonly layout: Layout;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** The port to try first. */
  readonly port: number;
}

/** Starts the server, on the next free port where the wanted one is taken, and waits until it answers. */
export async function startServer(options: StartOptions): Promise<Running> {
  const { layout, binaries, account } = options;
  await openLog(layout, account);
  let wish = options.port;
  const giveUp = performance.now() + SILENCE_MS * 2;
  for (;;) {
    const port = await freePort(wish);
    await writeConfiguration(layout, account, port);
    const offset = (await stat(layout.log)).size;
    const code = await launch(layout, binaries, account);
    const running = await settle(layout);
    if (running !== undefined) return running;
    const lines = await tail(layout.log, offset);
    const text = lines.join("\n");
    if (performance.now() > giveUp) throw notStarted(layout, code, lines);
    if (/could not bind|could not create any TCP\/IP sockets/i.test(text)) {
      wish = port + 1;
    } else if (/pre-existing shared memory|lock file "postmaster.pid" already exists/i.test(text)) {
      // What a killed server left ends by itself within moments.
      await new Promise((resolve) => setTimeout(resolve, 250));
    } else {
      throw notStarted(layout, code, lines);
    }
  }
}

function notStarted(layout: Layout, code: number | null, log: readonly string[]): Error {
  const hint = hintForLog(log) ?? `The whole log is in ${layout.log}.`;
  return startFailure(
    `PostgreSQL did not start in ${layout.directory} (pg_ctl ended with ${code ?? "a signal"})`,
    {
      log,
      hint,
      details: { directory: layout.directory },
    },
  );
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

async function launch(
  layout: Layout,
  binaries: Binaries,
  account: Account | undefined,
): Promise<number | null> {
  const log = await open(layout.log, "a", 0o600);
  try {
    const args = ["start", "-s", "-w", "-t", "60", "-D", layout.data, "-l", layout.log];
    const outcome = await execute(binaries.pgCtl, args, {
      cwd: layout.directory,
      account,
      outputTo: log.fd,
    });
    return outcome.code;
  } finally {
    await log.close();
  }
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
