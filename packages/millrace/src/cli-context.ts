import type { Command } from "commander";
import type { Printer } from "./output/printer.ts";
import type { ProjectFolder } from "./project/find-project.ts";

/** The process that a command runs in. */
export interface Process {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What a command is given besides its arguments. */
export interface CliContext extends Process {
  readonly printer: Printer;
  /** The folder of `--project`, or the current one: where the search for a project begins. */
  start(): string;
  /** Replaces that folder. */
  setStart(folder: string): void;
  /** The project that the command works on. Fails with MLR_PROJECT_INVALID. */
  project(): ProjectFolder;
  /** Sets the exit code that the process ends with; default 0. */
  exit(code: number): void;
}

/** Adds arguments, options, examples and the action of one command to `command`. */
export type CommandSetup = (command: Command, cli: CliContext) => void;
