import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** `millrace scheduler`: queues runs when they are due; workers carry them out. */
export const scheduler: CommandSetup = (command, cli) => {
  command
    .addHelpText("after", examples(["scheduler"]))
    .action(() => serve(cli, { registers: true, schedules: true }));
};
