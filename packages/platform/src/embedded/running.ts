import { rm } from "node:fs/promises";
import { readPassword } from "./cluster.ts";
import { startFailure } from "./failure.ts";
import type { Layout } from "./layout.ts";
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
