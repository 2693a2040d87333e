import { portNumber } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** What `millrace api` may be told. */
interface ApiFlags {
  readonly port?: number;
  readonly host?: string;
}

/** `millrace api`: serves the dashboard and the API; schedulers and workers are other processes. */
export const api: CommandSetup = (command, cli) => {
  command
    .option("--port <number>", "port that it listens on (default: 8080 or the next free)", portNumber)
    .option("--host <address>", "address that it listens on (default: 127.0.0.1, this machine only)")
    .addHelpText("after", examples(["api", "api --host 0.0.0.0 --port 8080"]))
    .action(({ port, host }: ApiFlags) =>
      serve(
        cli,
        { registers: false, schedules: false, api: true },
        {
          ...(port === undefined ? {} : { apiPort: port }),
          ...(host === undefined ? {} : { apiHost: host }),
        },
      ),
    );
};
