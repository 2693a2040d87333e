import { spawn } from "node:child_process";
import type { Account } from "./account.ts";

/** How a program ended. */
export interface Outcome {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote to both of its outputs. */
  readonly output: string;
}

export interface ExecuteOptions {
  /** Folder to run in. One that the account may enter. */
  readonly cwd: string;
  readonly account?: Account | undefined;
  /** A file descriptor that takes the output instead of `Outcome.output`: for programs that leave a child behind. */
  readonly outputTo?: number;
}

/** Runs a program to its end. Rejects where it cannot be started at all (ENOENT, EACCES). */
export function execute(program: string, args: readonly string[], options: ExecuteOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const sink = options.outputTo ?? "pipe";
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      stdio: ["ignore", sink, sink],
      // A session of its own: Ctrl-C in the terminal must not reach the server's starter.
      detached: process.platform !== "win32",
      windowsHide: true,
      ...(options.account === undefined ? {} : { uid: options.account.uid, gid: options.account.gid }),
    });
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    // With a descriptor for the output there is nothing to drain, and "close" would wait for the server that inherited it.
    child.once(options.outputTo === undefined ? "close" : "exit", (code, signal) => {
      resolve({ code, signal, output: Buffer.concat(chunks).toString("utf8") });
    });
  });
}
