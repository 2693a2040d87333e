import { positiveInteger, portNumber } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** What `millrace up` may be told. */
interface UpFlags {
  readonly slots: number;
  readonly port?: number;
  readonly host?: string;
  readonly runNew?: boolean;
}

/** `millrace up`: everything in one process tree. */
export const up: CommandSetup = (command, cli) => {
  command
    .option("--slots <count>", "runs at the same time", positiveInteger, 4)
    .option(
      "--port <number>",
      "port of the dashboard and the API, 0: none (default: 8080 or the next free)",
      portNumber,
    )
    .option("--host <address>", "address that they listen on (default: 127.0.0.1, this machine only)")
    .option("--run-new", "run every pipeline now that never ran")
    .addHelpText("after", examples(["up", "up --slots 8 --port 9000"]))
    .action(({ slots, port, host, runNew = false }: UpFlags) =>
      serve(
        cli,
        {
          registers: true,
          schedules: true,
          works: { slots },
          api: true,
          ingests: "when-wanted",
          data: "when-wanted",
          runsNew: runNew,
        },
        {
          ...(port === undefined ? {} : { apiPort: port }),
          ...(host === undefined ? {} : { apiHost: host }),
        },
      ),
    );
};
