import { MillraceError } from "@millrace/core";
import { type ProgramEnd, runProgram } from "./run-program.ts";
import { shellQuote, shellVariables } from "./shell-quote.ts";

/** What `ssh` says of itself by its exit code; a command of its own may end with any other. */
const SSH_FAILED = 255;

/** How the machine is reached. */
export interface RemoteOptions {
  /** `user@host`, or a name of ~/.ssh/config. */
  readonly host: string;
  /** Given to ssh with `-o`, such as `Port=2222`. */
  readonly sshOptions: readonly string[];
  /** Nobody sits there who could be asked for a password: fail instead of waiting for one. */
  readonly unattended: boolean;
  /** Is told what programs there write. */
  readonly onLine?: (line: string) => void;
}

/** A script for the machine. */
export interface RemoteScript {
  /** What it does, for the error: `install the dependencies`. */
  readonly doing: string;
  /** POSIX shell; it stops at the first command that fails. */
  readonly script: string;
  /** Set before the first line, whatever their values hold. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Another machine, through this one's `ssh`, with the keys, hosts and jumps that it is configured for. */
export class Remote {
  readonly host: string;
  readonly #options: RemoteOptions;

  /** Fails with MLR_ARGUMENT_INVALID where `host` is no host: it may not look like an option of ssh. */
  constructor(options: RemoteOptions) {
    if (!/^(?!-)[^\s@'"`$\\;&|<>()]+(@(?!-)[^\s@'"`$\\;&|<>()]+)?$/.test(options.host)) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `"${options.host}" is no machine to deploy to`, {
        hint: "Write it as user@host, or as a name of ~/.ssh/config.",
      });
    }
    this.host = options.host;
    this.#options = options;
  }

  /** Arguments of ssh before the host. */
  get sshArguments(): readonly string[] {
    const given = this.#options.sshOptions;
    const named = (name: string): boolean => given.some((each) => each.toLowerCase().startsWith(name));
    const own = [
      ...(named("connecttimeout") ? [] : ["ConnectTimeout=20"]),
      ...(named("serveraliveinterval") ? [] : ["ServerAliveInterval=15"]),
      ...(this.#options.unattended && !named("batchmode") ? ["BatchMode=yes"] : []),
    ];
    return [...given, ...own].flatMap((option) => ["-o", option]);
  }

  /** Runs a script there and returns what it wrote. Fails with MLR_DEPLOY_HOST or MLR_DEPLOY_FAILED. */
  async run({ doing, script, variables = {} }: RemoteScript): Promise<string> {
    const ended = await this.try({ doing, script, variables });
    if (ended.code !== 0) throw this.failed(doing, ended);
    return ended.stdout;
  }

  /** The same, for scripts whose exit code says something. Fails with MLR_DEPLOY_HOST. */
  async try({ doing, script, variables = {} }: RemoteScript): Promise<ProgramEnd> {
    const { onLine } = this.#options;
    const ended = await runProgram({
      program: "ssh",
      args: [...this.sshArguments, "-T", "--", this.host, "sh -s"],
      // All of it is read before any of it runs, so that no command there reads the rest of the script as its input.
      input: `main() {\nset -eu\n${shellVariables(variables)}${script}\n}\nmain </dev/null\n`,
      ...(onLine === undefined ? {} : { onLine }),
    });
    if (ended.code === SSH_FAILED) throw this.failed(doing, ended);
    return ended;
  }

  /** Lets a command there read what `ssh` gets on its standard input. */
  command(script: string, variables: Readonly<Record<string, string>> = {}): readonly string[] {
    const text = `set -eu\n${shellVariables(variables)}${script}`;
    return [...this.sshArguments, "-T", "--", this.host, `sh -c ${shellQuote(text)}`];
  }

  /** What is told of a script that failed. */
  failed(doing: string, { code, stdout, stderr }: ProgramEnd): MillraceError {
    const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-25).join("\n");
    if (code === SSH_FAILED) {
      return new MillraceError("MLR_DEPLOY_HOST", `${this.host} cannot be reached by ssh: ${said}`, {
        hint: `See whether "ssh ${this.host}" works; keys, ports and jumps belong into ~/.ssh/config, or are given with --ssh-option.`,
        details: { host: this.host },
      });
    }
    return new MillraceError("MLR_DEPLOY_FAILED", `${this.host} failed to ${doing}: ${said}`, {
      hint: "What ran there before still runs. Mend the cause and deploy again.",
      details: { host: this.host, doing, code },
    });
  }
}
