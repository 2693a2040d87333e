import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** `millrace up`: everything in one process tree. */
export const up: CommandSetup = (command, cli) => {
  command
    .option("--slots <count>", "runs at the same time", positiveInteger, 4)
    .addHelpText("after", examples(["up", "up --slots 8"]))
    .action(({ slots }: { slots: number }) =>
      serve(cli, { registers: true, schedules: true, works: { slots } }),
    );
};
