import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { CommanderError } from "commander";
import type { CliContext, Process } from "./cli-context.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { createPrinter, type Printer, reportOf } from "./output/printer.ts";
import { createProgram } from "./program.ts";
import { findProject } from "./project/find-project.ts";
import { usageError } from "./usage-error.ts";

/** Runs the command line `argv` (without node and script) and returns the exit code. Never throws. */
export async function main(argv: readonly string[], io: Process): Promise<number> {
  const flags = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const printer = createPrinter({
    json: flags.includes("--json"),
    verbose: flags.includes("--verbose"),
    stdout: io.stdout,
    stderr: io.stderr,
  });
  let exitCode: number = EXIT.ok;
  let folder: string | undefined;
  /** Help or version, which with JSON are the one document. */
  let said = "";
  const start = (): string => resolve(io.cwd, folder ?? ".");
  const cli: CliContext = {
    ...io,
    printer,
    start,
    setStart: (value) => void (folder = value),
    project: () => findProject(start()),
    exit: (code) => void (exitCode = code),
  };
  const ignore = watchProcess(printer);
  try {
    const program = await createProgram(argv, cli, (text) => {
      if (printer.json) said += text;
      else printer.line(text.trimEnd());
    });
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) {
      if (printer.json) {
        const what = thrown.code === "commander.version" ? "version" : "help";
        printer.result({ [what]: said.trim() }, () => "");
      }
      return EXIT.ok;
    }
    const error = thrown instanceof CommanderError ? usageError(thrown, argv) : thrown;
    // Whoever gave no command has the help before them.
    const helped = thrown instanceof CommanderError && thrown.code === "commander.help" && !printer.json;
    if (!helped || reportOf(error).code === "MLR_OPTION_UNKNOWN") printer.fail(error);
    return error instanceof MillraceError ? exitCodeOf(reportOf(error).code) : EXIT.failed;
  } finally {
    ignore();
  }
}

/** Reports what a pipeline's own code does to the process while a command runs. Returns what ends that. */
function watchProcess(printer: Printer): () => void {
  // Pipelines may leave promises and timers behind that throw when nobody waits for them.
  const crash = (error: unknown): void => {
    printer.fail(error);
    process.exit(EXIT.failed);
  };
  // That the process was ended must not look as if all had gone well.
  const left = (code: number): void => {
    if (code !== EXIT.ok) return;
    const hint = "Look for process.exit() in the project's code. What was committed stays.";
    printer.fail(
      new MillraceError("MLR_INTERNAL", "The process was ended before the command had finished", { hint }),
    );
    process.exitCode = EXIT.failed;
  };
  process.on("uncaughtException", crash);
  process.on("exit", left);
  return () => {
    process.off("uncaughtException", crash);
    process.off("exit", left);
  };
}
