import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

interface WorkerFlags {
  readonly slots: number;
  readonly queues: string;
  readonly labels?: string;
}

/** `millrace worker`: carries out runs. */
export const worker: CommandSetup = (command, cli) => {
  command
    .option("--slots <count>", "runs at the same time", positiveInteger, 4)
    .option("--queues <names>", "queues that it takes runs from, separated by commas", "default")
    .option("--labels <words>", "what pipelines may ask of it (`limits.labels`), separated by commas")
    .addHelpText("after", examples(["worker", "worker --queues default,heavy --labels gpu --slots 2"]))
    .action(({ slots, queues, labels }: WorkerFlags) =>
      serve(cli, {
        registers: false,
        schedules: false,
        works: { slots, queues: words(queues), labels: words(labels ?? "") },
      }),
    );
};

function words(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
