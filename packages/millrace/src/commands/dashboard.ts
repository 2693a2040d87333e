import { portNumber } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** What `millrace dashboard` may be told. */
interface DashboardFlags {
  readonly port?: number;
  readonly host?: string;
}

/** `millrace dashboard`: serves the dashboard and the management API; schedulers and workers are other processes. */
export const dashboard: CommandSetup = (command, cli) => {
  command
    .option("--port <number>", "port that it listens on (default: 8080 or the next free)", portNumber)
    .option("--host <address>", "address that it listens on (default: 127.0.0.1, this machine only)")
    .addHelpText("after", examples(["dashboard", "dashboard --host 0.0.0.0 --port 8080"]))
    .action(({ port, host }: DashboardFlags) =>
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
