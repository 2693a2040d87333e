import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { MillraceError } from "@millrace/core";

/** How a tap is started. */
export interface TapProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Milliseconds between the wish that it ends and its end by force. */
  readonly stopMs: number;
  /** Is told each line that it writes to standard error. */
  readonly onLine: (line: string) => void;
  /** Takes secrets out of a text. */
  readonly mask: (text: string) => string;
}

/** Lines of standard error that an error quotes. */
const QUOTED_LINES = 12;
const QUOTED_CHARS = 2_000;
/** After its end, how long what it started may go on to write. */
const LEFTOVER_MS = 2_000;
/** What programs say of a network or server that may be well again soon. */
const PASSING =
  /time[ds]?[ -]?out|connection ?(error|refused|reset|aborted)|max retries|temporar|unavailable|unreachable|too many requests|getaddrinfo|name resolution|(name or service|nodename).*not known|ECONN|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|\b(429|50[0234])\b/i;
const POSIX = process.platform !== "win32";

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly failure?: NodeJS.ErrnoException;
}

/** A tap as a child process in a group of its own, so that whatever it starts ends with it. */
export class TapProcess {
  readonly #o: TapProcessOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  readonly #said: string[] = [];
  #over = false;
  #asked = false;
  #spoke = false;

  constructor(options: TapProcessOptions) {
    this.#o = options;
    const { command, args, cwd, env, signal } = options;
    this.#child = spawn(command, args, {
      cwd,
      env: { ...env },
      shell: false,
      detached: POSIX,
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (failure) => resolve({ code: null, signal: null, failure }));
      this.#child.once("close", (code, killedBy) => resolve({ code, signal: killedBy }));
      this.#child.once("exit", (code, killedBy) => {
        // What it started may keep its pipes open for ever.
        const timer = setTimeout(() => resolve({ code, signal: killedBy }), LEFTOVER_MS);
        this.#child.once("close", () => clearTimeout(timer));
      });
    }).then((ended) => {
      this.#over = true;
      return ended as Ended;
    });
    this.#listen();
    const stop = (): void => void this.stop();
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    void this.#ended.then(() => signal.removeEventListener("abort", stop));
  }

  /** It was asked to end. */
  get stopped(): boolean {
    return this.#asked;
  }

  /** What it writes to standard output; ends when it does. */
  async *output(): AsyncGenerator<Uint8Array> {
    const { stdout } = this.#child;
    if (stdout === null) return;
    try {
      for await (const piece of stdout) {
        this.#spoke = true;
        yield piece as Uint8Array;
      }
    } catch (error) {
      if (!this.#asked) throw error;
    }
  }

  /** Resolves when it has ended well. Fails with MLR_SOURCE_NOT_FOUND or MLR_SOURCE_FAILED, with what it said last. */
  async succeeded(): Promise<void> {
    const ended = await this.#ended;
    if (ended.failure !== undefined) throw this.#notStarted(ended.failure);
    if (ended.code !== 0) throw this.#failed(ended);
  }

  /** Asks it to end, and after a while makes it. Resolves when it has. Idempotent. */
  async stop(): Promise<void> {
    if (this.#over) return;
    if (!this.#asked) {
      this.#asked = true;
      this.#kill("SIGTERM");
      const timer = setTimeout(() => this.#kill("SIGKILL"), this.#o.stopMs);
      void this.#ended.then(() => clearTimeout(timer));
      // It may wait for somebody who reads what it says.
      this.#child.stdout?.resume();
    }
    await this.#ended;
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#over) return;
    try {
      if (POSIX) process.kill(-pid, signal);
      else this.#child.kill(signal);
    } catch {
      // It ended by itself in the meantime.
    }
  }

  #listen(): void {
    const { stderr } = this.#child;
    if (stderr === null) return;
    createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (raw) => {
      if (raw.trim() === "") return;
      const line = this.#o.mask(raw);
      this.#said.push(line);
      if (this.#said.length > QUOTED_LINES) this.#said.shift();
      this.#o.onLine(line);
    });
  }

  #notStarted(failure: NodeJS.ErrnoException): MillraceError {
    const { command, cwd } = this.#o;
    const missing = failure.code === "ENOENT" || failure.code === "EACCES" || failure.code === "ENOTDIR";
    if (!missing) {
      return new MillraceError("MLR_SOURCE_FAILED", `${command} cannot be started: ${failure.message}`, {
        cause: failure,
      });
    }
    const why = failure.code === "EACCES" ? "may not be run" : "was not found";
    return new MillraceError("MLR_SOURCE_NOT_FOUND", `the tap ${command} ${why} (in the folder ${cwd})`, {
      hint: `Install it, for instance in a virtual environment, and say where it is: command: ".venv/bin/tap-…".`,
      details: { command },
    });
  }

  #failed({ code, signal }: Ended): MillraceError {
    const { command } = this.#o;
    const how = code === null ? `was ended by ${signal ?? "the system"}` : `ended with exit code ${code}`;
    const said = this.#said.join("\n").slice(-QUOTED_CHARS);
    const quoted = said === "" ? ", and said nothing" : `. It said last:\n${said}`;
    const details = { command, exitCode: code, signal };
    // Most often its configuration is wrong, and would be at the next attempt too.
    if (code !== null && !this.#spoke && !PASSING.test(said)) {
      return new MillraceError("MLR_SOURCE_FAILED", `${command} ${how} before its first message${quoted}`, {
        hint: "Check its configuration, and what it says with --verbose. It is not tried again by itself.",
        details,
        retry: "never",
      });
    }
    return new MillraceError("MLR_SOURCE_FAILED", `${command} ${how}${quoted}`, {
      hint: "What was committed stays, and the next run goes on from there. Run with --verbose to see all that it says.",
      details,
    });
  }
}
