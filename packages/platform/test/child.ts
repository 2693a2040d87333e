import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A script of `test/children` in a process of its own. */
export interface Child {
  readonly pid: number;
  /** The next line that it prints; fails when it ends before. */
  line(): Promise<string>;
  /** What it has written to its error output so far. */
  errors(): string;
  signal(name: NodeJS.Signals): void;
  /** Ends it at once and waits until it is gone. */
  kill(): Promise<void>;
  /** Its exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
}

export interface SpawnChild {
  readonly args?: readonly string[];
  /** A program and its arguments in front of Node, such as `setpriv`. */
  readonly prefix?: readonly string[];
}

/** Command line that runs a script of `test/children`. */
export function childCommand(script: string, args: readonly string[] = []): string[] {
  const file = fileURLToPath(new URL(`./children/${script}.ts`, import.meta.url));
  return [process.execPath, "--conditions=@millrace/source", file, ...args];
}

export function spawnChild(script: string, options: SpawnChild = {}): Child {
  const [program = "", ...rest] = [...(options.prefix ?? []), ...childCommand(script, options.args)];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], cwd: "/" });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exited = waitFor(child);
  return {
    pid: child.pid ?? 0,
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`${script} ended early: ${errors}`);
      return next.value;
    },
    errors: () => errors,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    exited,
  };
}

function waitFor(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}
