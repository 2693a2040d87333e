import { readFile, readlink, realpath } from "node:fs/promises";
import { execute } from "./execute.ts";

/** What the server's pid file says. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
}

/** Reads postmaster.pid; undefined where there is none or it is not complete yet. */
export async function readPidFile(file: string): Promise<PidFile | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split(/\r?\n/);
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number.isInteger(port) ? port : 0 };
}

/**
 * Whether the process of that pid is the server of the folder `data`. Pids are given out again, so that the pid alone says nothing.
 * - `server`: it is.
 * - `gone`: no such process.
 * - `other`: a process, but not this server (or its remains, which nobody has collected yet).
 */
export async function identify(pid: number, data: string): Promise<"server" | "gone" | "other"> {
  if (!isAlive(pid)) return "gone";
  if (process.platform === "win32") return (await commandLine(pid)).includes("postgres") ? "server" : "other";
  const folder = await realpath(data).catch(() => data);
  if (process.platform === "linux") {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (/\) [ZX] /.test(state)) return "other";
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    if (cwd !== undefined) return cwd === folder && /\(postgres\) /.test(state) ? "server" : "other";
  }
  const command = await commandLine(pid);
  return command.includes("postgres") && (command.includes(data) || command.includes(folder))
    ? "server"
    : "other";
}

/** Whether a process of that pid exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function commandLine(pid: number): Promise<string> {
  const ask: readonly [string, readonly string[]] =
    process.platform === "win32"
      ? ["tasklist", ["/FI", `PID eq ${pid}`, "/FO", "CSV", "/NH"]]
      : ["ps", ["-o", "command=", "-p", String(pid)]];
  const outcome = await execute(ask[0], ask[1], { cwd: process.cwd() }).catch(() => undefined);
  return outcome?.output ?? "";
}
