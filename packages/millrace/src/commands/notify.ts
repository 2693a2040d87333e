import { sendTest, type TestOutcome } from "@millrace/platform";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatSeconds } from "../output/numbers.ts";
import { reportOf } from "../output/printer.ts";
import { addCommonOptions, examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

/** `millrace notify`: the channels of the configuration. */
export const notify: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["notify test ops", "notify test ops --json"]));
  const test = command
    .command("test")
    .description("Send a test message now, once, and tell what came of it.")
    .argument("<channel>", "name of the channel in notifications.channels of millrace.config.ts")
    .addHelpText("after", examples(["notify test ops", "notify test mail --json"]));
  addCommonOptions(test, cli.setStart);
  test.action((channel: string) => sendOne(channel, cli));
};

async function sendOne(channel: string, cli: CliContext): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const config = workspace.project.notifications;
    const pool = await recordingPool(workspace.control, cli);
    const secrets = workspace.environment;
    const outcome = await sendTest({ channel, config, secrets, ...(pool === undefined ? {} : { pool }) });
    const { error, ...rest } = outcome;
    cli.printer.result({ ...rest, ...(error === undefined ? {} : { error: reportOf(error) }) }, () =>
      forPeople(outcome),
    );
    if (error === undefined) return;
    if (!cli.printer.json) cli.printer.explain(error);
    cli.exit(EXIT.failed);
  });
}

/** The channel can be tested where the database cannot be reached. */
async function recordingPool(
  control: () => Promise<{ readonly pool: NonNullable<Parameters<typeof sendTest>[0]["pool"]> }>,
  cli: CliContext,
): Promise<Parameters<typeof sendTest>[0]["pool"]> {
  try {
    return (await control()).pool;
  } catch (error) {
    cli.printer.warn(`The test is not recorded: ${reportOf(error).message}`);
    return undefined;
  }
}

function forPeople({ channel, kind, sent, durationMs }: TestOutcome): string {
  const took = `${formatSeconds(durationMs)} s`;
  return sent
    ? `The channel ${channel} (${kind}) has taken a test message in ${took}.`
    : `The channel ${channel} (${kind}) has not taken the test message (after ${took}).`;
}
