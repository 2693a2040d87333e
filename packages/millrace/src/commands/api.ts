import { portNumber } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** What `millrace api` may be told. */
interface ApiFlags {
  readonly port?: number;
  readonly host?: string;
}

/** `millrace api`: serves exposed tables, and runs none of the project's code. */
export const api: CommandSetup = (command, cli) => {
  command
    .option("--port <number>", "port that it listens on (default: 8092 or the next free)", portNumber)
    .option("--host <address>", "address that it listens on (default: 127.0.0.1, this machine only)")
    .addHelpText("after", examples(["api", "api --host 0.0.0.0 --port 8092"]))
    .action(({ port, host }: ApiFlags) =>
      serve(
        cli,
        { registers: false, schedules: false, data: "now" },
        {
          ...(port === undefined ? {} : { dataPort: port }),
          ...(host === undefined ? {} : { dataHost: host }),
        },
      ),
    );
};
