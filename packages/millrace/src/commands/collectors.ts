import type { CollectorHealth } from "@millrace/connectors/collector";
import { controlSource, giveCommand } from "@millrace/orchestrator";
import type { Command } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { collectorTable, collectorText, healthText } from "../collector/collector-views.ts";
import { knownCollector, knownCollectors, type KnownCollector } from "../collector/known-collectors.ts";
import { runService } from "../collector/run-service.ts";
import { EXIT } from "../exit-codes.ts";
import { addCommonOptions, examples } from "../program.ts";
import { whoAsks } from "../workspace/who-asks.ts";
import { withWorkspace } from "../workspace/workspace.ts";

const STEERS = {
  start: "Queue the run of a collector.",
  stop: "Stop a collector after its next commit.",
  enable: "Let a collector's schedule start it.",
  disable: "Keep a collector's schedule from starting it.",
} as const;

/** `millrace collectors`: live feeds, how they do, and what they are told. */
export const collectors: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    examples(["collectors list", "collectors status trades", "collectors run --config collectors.yaml"]),
  );
  const add = (name: string, summary: string, lines: readonly string[]): Command => {
    const sub = command.command(name).description(summary).addHelpText("after", examples(lines));
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("list", "List the collectors that have run, and how they do.", ["collectors list --json"]).action(() =>
    list(cli),
  );
  add("status", "Show one collector: connections, channels, errors.", ["collectors status trades"])
    .argument("<collector>", "its pipeline")
    .action((name: string) => status(cli, name));
  add("health", "Tell whether collectors do their work; exits with 1 where one does not.", [
    "collectors health",
  ])
    .argument("[collector]", "its pipeline; default: all that run")
    .action((name: string | undefined) => health(cli, name));
  for (const [kind, summary] of Object.entries(STEERS) as [keyof typeof STEERS, string][]) {
    add(kind, summary, [`collectors ${kind} trades`])
      .argument("<collector>", "its pipeline")
      .action((name: string) => steer(cli, kind, name));
  }
  add("restart", "Drop all connections of a collector that runs, and start it anew.", [
    "collectors restart trades",
  ])
    .argument("<collector>", "its pipeline")
    .action((name: string) => control(cli, name, "restart", {}));
  add("disconnect", "Drop connections, which then reconnect.", ["collectors disconnect trades public-1"])
    .argument("<collector>", "its pipeline")
    .argument("[connection]", "id of the connection; default: all")
    .action((name: string, connection: string | undefined) =>
      control(cli, name, "disconnect", connection === undefined ? {} : { connection }),
    );
  add("run", "Run the collectors of a configuration in this process.", [
    "collectors run --config collectors.yaml",
    "collectors run --config collectors.ts",
  ])
    .requiredOption(
      "--config <file>",
      "JSON, YAML or TypeScript; written with an example where it is missing",
    )
    .action((flags: { config: string }) =>
      withWorkspace(cli, (workspace) => runService(cli, workspace, flags.config)),
    );
};

function list(cli: CliContext): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const found = await knownCollectors((await workspace.control()).pool);
    cli.printer.result(found, () => collectorTable(found, cli.printer.style));
  });
}

function status(cli: CliContext, name: string): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const found = await knownCollector((await workspace.control()).pool, name);
    cli.printer.result(found, () => collectorText(found, cli.printer.style));
  });
}

function health(cli: CliContext, name: string | undefined): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const found =
      name === undefined
        ? (await knownCollectors(pool)).filter(({ running }) => running)
        : [await knownCollector(pool, name)];
    const told = found.map(healthOf);
    cli.printer.result(told, () => healthText(told, cli.printer.style));
    if (told.some((each) => each.health !== "healthy")) cli.exit(EXIT.failed);
  });
}

function healthOf({
  pipeline,
  running,
  status: said,
}: KnownCollector): CollectorHealth & { pipeline: string } {
  const { name, state, since, reason, problems, heartbeatAt, restarts, lastErrors } = said;
  const over = state === "failed" ? "failed" : "stopped";
  return {
    pipeline,
    name,
    state: running ? state : over,
    health: running ? said.health : over,
    since,
    reason: running ? reason : `its run is over: ${reason}`,
    problems,
    heartbeatAt,
    restarts,
    lastError: lastErrors[0] ?? null,
  };
}

function steer(cli: CliContext, kind: keyof typeof STEERS, name: string): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const receipt = await giveCommand(pool, { kind, target: name, by: whoAsks() });
    cli.printer.result({ ...receipt, kind }, () => `${name}: ${kind}${receipt.done ? "" : " asked for"}`);
  });
}

function control(
  cli: CliContext,
  pipeline: string,
  name: string,
  args: Readonly<Record<string, string>>,
): Promise<void> {
  return withWorkspace(cli, async (workspace) => {
    const { pool } = await workspace.control();
    const receipt = await controlSource(pool, { pipeline, name, args, by: whoAsks() });
    cli.printer.result(
      receipt,
      () => `${pipeline}: ${name}${receipt.done ? "" : " asked for, without an answer yet"}`,
    );
  });
}
