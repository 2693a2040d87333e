import { Command } from "commander";
import type { CliContext } from "./cli-context.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { verbOf } from "./verb.ts";
import { version } from "./version.ts";

/**
 * The whole command line. Only the file of the command that `argv` names is loaded; completion needs all.
 * @param say gets the help or the version, where they are asked for
 */
export async function createProgram(
  argv: readonly string[],
  cli: CliContext,
  say: (text: string) => void,
): Promise<Command> {
  const program = new Command("millrace");
  program
    .description("Collect data from anything, land it in a database exactly once, and see all of it.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .configureOutput({
      writeOut: say,
      writeErr: (text) => cli.printer.line(text.trimEnd()),
      outputError: () => undefined,
    })
    .configureHelp({ subcommandTerm: termOf })
    .showSuggestionAfterError()
    .addHelpText("after", `\n${exitCodes()}\n${examples(["init my-data", "run quakes", "list --json"])}`);
  addCommonOptions(program, cli.setStart);
  const verb = verbOf(argv);
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).summary(entry.summary).description(capital(entry.summary));
    if (verb === entry.name) (await entry.load())(command, cli);
    addCommonOptions(command, cli.setStart);
  }
  return program;
}

/** Lines for the end of a command's help. Each example is given without the leading `millrace`. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  millrace ${line}`).join("\n")}`;
}

/** The options that every command has. */
export function addCommonOptions(command: Command, setProject: (folder: string) => void): void {
  command
    .option("--json", "print one JSON document on stdout, everything else on stderr")
    .option("--verbose", "print stack traces with errors")
    .option(
      "-C, --project <folder>",
      "look for the project from this folder on (default: the current one)",
      (value) => {
        setProject(value);
        return value;
      },
    );
}

function termOf(command: Command): string {
  return [command.name(), ...command.registeredArguments.map((argument) => `<${argument.name()}>`)].join(" ");
}

function exitCodes(): string {
  return `Exit codes:\n${EXIT_CODES.map(([code, means]) => `  ${String(code).padEnd(4)} ${means}`).join("\n")}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
