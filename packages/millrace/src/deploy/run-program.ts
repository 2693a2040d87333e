import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { MillraceError } from "@millrace/core";

/** A program of this machine, and what it is given. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** What stands on its standard input. Default: nothing. */
  readonly input?: string | Readable;
  /** Is told each line that it writes, as it comes. */
  readonly onLine?: (line: string) => void;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit code. Fails with MLR_DEPLOY_FAILED where there is no such program. */
export async function runProgram({ program, args, cwd, input, onLine }: ProgramCall): Promise<ProgramEnd> {
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(
        new MillraceError(
          "MLR_DEPLOY_FAILED",
          `The program "${program}" cannot be started: ${cause.message}`,
          {
            hint: `Install ${program}, or put it on the PATH.`,
            details: { program },
            cause,
          },
        ),
      ),
    );
    child.once("close", resolve);
  });
  const out = collect(child.stdout, onLine);
  const err = collect(child.stderr, onLine);
  // A program that ends without reading its input says so by its exit code.
  if (input === undefined || typeof input === "string") {
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
  } else {
    await pipeline(input, child.stdin).catch(() => undefined);
  }
  const code = await ended;
  return { code, stdout: out(), stderr: err() };
}

function collect(stream: Readable, onLine: ((line: string) => void) | undefined): () => string {
  let text = "";
  let told = 0;
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n", told); end >= 0; end = text.indexOf("\n", told)) {
      onLine?.(text.slice(told, end));
      told = end + 1;
    }
  });
  return () => text;
}
