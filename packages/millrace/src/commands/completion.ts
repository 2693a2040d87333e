import { MillraceError } from "@millrace/core";
import { Command } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { COMMANDS } from "../commands.ts";
import { type CompletionWords, SHELLS } from "../output/completion-scripts.ts";
import { addCommonOptions, examples } from "../program.ts";

/** Commands that take names of pipelines. */
const TAKE_PIPELINES = new Set(["run", "plan", "runs", "state", "deploy-tables"]);

/** `millrace completion`: the script that a shell loads. */
export const completion: CommandSetup = (command, cli) => {
  const names = Object.keys(SHELLS);
  command
    .argument("<shell>", names.join(", "))
    .addHelpText(
      "after",
      `${examples(["completion bash >> ~/.bashrc", 'completion zsh > "${fpath[1]}/_millrace"', "completion fish > ~/.config/fish/completions/millrace.fish"])}`,
    )
    .action(async (shell: string) => {
      const script = SHELLS[shell];
      if (script === undefined) {
        throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no completion for "${shell}"`, {
          hint: `Choose one of: ${names.join(", ")}.`,
        });
      }
      const text = script(await words(cli));
      cli.printer.result({ shell, script: text }, () => text.trimEnd());
    });
};

async function words(cli: CliContext): Promise<readonly CompletionWords[]> {
  return Promise.all(
    COMMANDS.map(async (entry) => {
      const command = new Command(entry.name);
      addCommonOptions(command, () => undefined);
      (await entry.load())(command, cli);
      return {
        name: entry.name,
        summary: entry.summary,
        options: command.options.flatMap((option) =>
          option.long === undefined ? [] : [{ flag: option.long, summary: option.description }],
        ),
        subcommands: command.commands.map((sub) => sub.name()),
        pipelines: TAKE_PIPELINES.has(entry.name),
      };
    }),
  );
}
