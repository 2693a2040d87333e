import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../packages/millrace/src/cli.ts", import.meta.url));

/** How a command ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still running. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout and stderr together hold `text`; fails when the command ends before. */
  says(text: string): Promise<void>;
}

/** A project in a temporary folder, and the command line in it. */
export interface TestProject {
  readonly root: string;
  write(file: string, text: string): Promise<void>;
  millrace(...args: string[]): Promise<Ended>;
  /** The same with a text on its standard input. */
  feed(input: string, ...args: string[]): Promise<Ended>;
  start(...args: string[]): Running;
  remove(): Promise<void>;
}

/** Makes a project; `files` maps paths to texts. */
export async function testProject(
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<TestProject> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "millrace-cli-")));
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text, file === ".env" ? { mode: 0o600 } : {});
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const start = (...args: string[]): Running => run({ args, cwd: root, env });
  return {
    root,
    write,
    start,
    millrace: (...args) => start(...args).ended,
    feed: (input, ...args) => run({ args, cwd: root, env, input }).ended,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** What is run, and where. */
export interface Invocation {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on its standard input. Default: nothing. */
  readonly input?: string;
  /** Default: this Node with the unbuilt command line. */
  readonly program?: readonly string[];
}

/** Starts the command line. */
export function run({ args, cwd, env = {}, input, program }: Invocation): Running {
  const [command = "", ...before] = program ?? [process.execPath, "--conditions=@millrace/source", CLI];
  const child = spawn(command, [...before, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that does not read it may have ended before.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  const heard = (): void => waiting.forEach((look) => look());
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    heard();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    heard();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!(stdout + stderr).includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without saying "${text}":\n${stdout}${stderr}`)));
    });
  return { child, ended, says };
}
