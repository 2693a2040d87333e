import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { asMillraceError, systemClock } from "@millrace/core";
import { positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { deploy as deployProject, rollBack } from "../deploy/deploy.ts";
import type { Deployed, DeployOptions, DeployTeller } from "../deploy/deploy-options.ts";
import { deployPlan } from "../deploy/deploy-plan.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";
import { openProject } from "../project/open-project.ts";

interface DeployFlags {
  readonly path?: string;
  readonly name?: string;
  readonly envFile?: string;
  readonly sshOption: readonly string[];
  readonly clean?: boolean;
  readonly rollback?: boolean;
  readonly cron?: boolean;
  readonly run: boolean;
  readonly keep: number;
  readonly slots: number;
  readonly healthUrl?: string;
  readonly healthSeconds: number;
}

/** `millrace deploy`: brings the project to another machine by ssh, and keeps it going there. */
export const deploy: CommandSetup = (command, cli) => {
  command
    .argument("<host>", "user@host, or a name of ~/.ssh/config")
    .option("--path <folder>", "the project's folder there (default: millrace/<name> in the home folder)")
    .option("--name <name>", "name of the unit or the crontab lines (default: that of package.json)")
    .option("--env-file <file>", "settings for the machine, which replace those it has (default: they stay)")
    .option("--ssh-option <option>", "given to ssh with -o, such as Port=2222; may be repeated", gather, [])
    .option("--clean", "remove releases and dependencies there first; the data stays")
    .option("--rollback", "go back to the release before, and deploy nothing")
    .option("--cron", "use lines of crontab, also where there is systemd")
    .option("--no-run", "do not run each pipeline once")
    .option("--keep <count>", "releases that stay there", positiveInteger, 5)
    .option("--slots <count>", "runs at the same time there", positiveInteger, 4)
    .option("--health-url <url>", "an address that has to answer with success, seen from there")
    .option(
      "--health-seconds <seconds>",
      "time in which the release has to be seen to work",
      positiveInteger,
      60,
    )
    .addHelpText(
      "after",
      examples([
        "deploy data@collector.example.org --env-file .env.prod",
        "deploy collector --clean",
        "deploy collector --rollback",
      ]),
    )
    .action(async (host: string, flags: DeployFlags) => {
      const project = await openProject(cli.project());
      const plan = await deployPlan(project, flags.name);
      const context = {
        options: await optionsOf(cli, host, flags),
        teller: tellerOf(cli),
        clock: systemClock,
      };
      const deployed = await (flags.rollback === true
        ? rollBack(plan.app, context)
        : deployProject(plan, context));
      cli.printer.result(deployed, () => summary(deployed, cli));
    });
};

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function optionsOf(cli: CliContext, host: string, flags: DeployFlags): Promise<DeployOptions> {
  const { path, name, healthUrl } = flags;
  return {
    host,
    ...(path === undefined ? {} : { path }),
    ...(name === undefined ? {} : { name }),
    ...(healthUrl === undefined ? {} : { healthUrl }),
    ...(flags.envFile === undefined ? {} : { settings: await settingsOf(resolve(cli.cwd, flags.envFile)) }),
    sshOptions: flags.sshOption,
    clean: flags.clean === true,
    cron: flags.cron === true,
    run: flags.run,
    keep: flags.keep,
    slots: flags.slots,
    healthSeconds: flags.healthSeconds,
    unattended: !cli.stdin.isTTY,
  };
}

async function settingsOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw asMillraceError(error, "MLR_SETTINGS_INVALID", `--env-file ${file}`);
  }
}

function tellerOf({ printer }: CliContext): DeployTeller {
  return {
    done: (text) => printer.note(`${printer.errorStyle.green("✓")} ${clean(text)}`),
    warn: (text) => printer.warn(clean(text)),
    ...(printer.verbose
      ? { onLine: (line: string) => printer.note(printer.errorStyle.dim(clean(line))) }
      : {}),
  };
}

function summary({ host, path, release, previous, mode }: Deployed, { printer }: CliContext): string {
  const kept =
    mode === "systemd"
      ? "systemd keeps it going."
      : mode === "cron"
        ? `cron runs it; its log is ${path}/logs/cron.log.`
        : "";
  return [
    `${printer.style.bold(release)} is current on ${clean(host)}. ${kept}`.trimEnd(),
    ...(previous === null
      ? []
      : [`Before: ${previous}. To go back: millrace deploy ${clean(host)} --rollback`]),
    `There: ${clean(path)}/bin/millrace status`,
  ].join("\n");
}
