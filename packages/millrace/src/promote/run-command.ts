import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { MillraceError } from "@millrace/core";

/** A program with its arguments, or a line for the shell. */
export interface CommandCall {
  /** A line for the shell of this machine. */
  readonly command?: string;
  readonly program?: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  /** Wins over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Is told each line of its output. */
  readonly onLine: (line: string) => void;
}

/** Runs it to its end and returns its exit code; of a signal, 1. Fails with MLR_PROMOTE_REFUSED where it cannot be started. */
export async function runCommand({
  command,
  program,
  args = [],
  cwd,
  env,
  onLine,
}: CommandCall): Promise<number> {
  const child = spawn(command ?? program ?? "", command === undefined ? args : [], {
    cwd,
    env: { ...process.env, ...env },
    shell: command !== undefined,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", onLine);
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(
        new MillraceError(
          "MLR_PROMOTE_REFUSED",
          `${command ?? program} cannot be started: ${cause.message}`,
          { cause },
        ),
      ),
    );
    child.once("close", (code) => resolve(code ?? 1));
  });
}
