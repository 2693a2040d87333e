import { MillraceError } from "@millrace/core";
import { type EmbeddedStatus, EmbeddedPostgres, maskUrl } from "@millrace/platform";
import type { Command } from "commander";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { confirm } from "../output/confirm.ts";
import { clean } from "../output/text.ts";
import { addCommonOptions, examples } from "../program.ts";
import { type OpenProject, openProject } from "../project/open-project.ts";
import { embeddedFolder } from "../workspace/workspace.ts";

/** `millrace db`: the embedded PostgreSQL. */
export const db: CommandSetup = (command, cli) => {
  command.addHelpText(
    "after",
    `${examples(["db start", "db url", "db reset --yes"])}\n  psql "$(millrace db url)"`,
  );
  const add = (name: string, summary: string): Command => {
    const sub = command.command(name).description(summary);
    addCommonOptions(sub, cli.setStart);
    return sub;
  };
  add("start", "Start the database, if it does not run, and tell where it is.")
    .addHelpText("after", examples(["db start", "db start --json"]))
    .action(() => start(cli));
  add("stop", "Stop the database; what it holds stays.")
    .addHelpText("after", examples(["db stop"]))
    .action(() => stop(cli));
  add("url", "Print the connection URL with its password, starting the database if it does not run.")
    .addHelpText("after", `\nExamples:\n  psql "$(millrace db url)"`)
    .option("--control", "the database of runs and leases instead")
    .action((flags: { control?: boolean }) => url(cli, flags.control === true));
  add("reset", "Stop the database and delete everything that it holds.")
    .option("--yes", "do not ask")
    .addHelpText("after", examples(["db reset", "db reset --yes"]))
    .action((flags: { yes?: boolean }) => reset(cli, flags.yes === true));
};

async function start(cli: CliContext): Promise<void> {
  const project = await ownDatabase(cli);
  const server = await ensure(project, cli);
  cli.printer.result(
    {
      url: server.url(),
      port: server.port,
      pid: server.pid,
      started: server.started,
      version: server.version,
      directory: server.directory,
    },
    () =>
      `PostgreSQL ${server.version} ${server.started ? "runs now" : "runs already"} on port ${server.port}, with its data in ${clean(server.directory)}\n${server.url()}`,
  );
}

async function stop(cli: CliContext): Promise<void> {
  const project = await ownDatabase(cli);
  const stopped = await EmbeddedPostgres.stop({ directory: embeddedFolder(project) });
  cli.printer.result({ stopped }, () => (stopped ? "Stopped." : "It was not running."));
}

async function url(cli: CliContext, control: boolean): Promise<void> {
  const project = await openProject(cli.project());
  const { databaseUrl, controlUrl } = project.settings.values;
  const named = control ? (controlUrl ?? databaseUrl) : databaseUrl;
  const text = named ?? (await address(project, cli, control));
  cli.printer.result({ url: text, embedded: named === undefined }, () => text);
}

async function address(project: OpenProject, cli: CliContext, control: boolean): Promise<string> {
  const server = await ensure(project, cli);
  return control ? server.controlUrl : server.url();
}

async function reset(cli: CliContext, yes: boolean): Promise<void> {
  const project = await ownDatabase(cli);
  const directory = embeddedFolder(project);
  const status: EmbeddedStatus = await EmbeddedPostgres.status({ directory });
  if (status.state !== "absent") {
    const question = `Delete the database in ${clean(status.directory)} with all tables, history and runs?`;
    await confirm(cli, question, yes);
  }
  const deleted = await EmbeddedPostgres.reset({ directory, confirm: true });
  cli.printer.result({ deleted, directory: status.directory }, () =>
    deleted ? "Deleted. The next run makes a new one." : "There is no database yet.",
  );
}

async function ensure(project: OpenProject, cli: CliContext): ReturnType<typeof EmbeddedPostgres.ensure> {
  const { postgresPort } = project.settings.values;
  const server = await EmbeddedPostgres.ensure({
    directory: embeddedFolder(project),
    ...(postgresPort === undefined ? {} : { port: postgresPort }),
  });
  for (const notice of server.notices) cli.printer.warn(notice);
  return server;
}

/** The project, where its database is the embedded one: only that is started, stopped and deleted here. */
async function ownDatabase(cli: CliContext): Promise<OpenProject> {
  const project = await openProject(cli.project());
  const { databaseUrl } = project.settings.values;
  if (databaseUrl === undefined) return project;
  throw new MillraceError(
    "MLR_SETTINGS_INVALID",
    `This project uses the database ${maskUrl(databaseUrl)}, which Millrace does not start, stop or delete`,
    { hint: "Remove databaseUrl and MILLRACE_DATABASE_URL to use the embedded PostgreSQL." },
  );
}
