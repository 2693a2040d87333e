import { MillraceError } from "@millrace/core";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { checkConnectors } from "../doctor/check-connectors.ts";
import { checkEmbedded, checkNamedDatabase } from "../doctor/check-database.ts";
import { checkFolder, checkMemory, checkNode } from "../doctor/check-machine.ts";
import { checkProject } from "../doctor/check-project.ts";
import { type Check, failed } from "../doctor/check.ts";
import { EXIT } from "../exit-codes.ts";
import { formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { cleanLines } from "../output/text.ts";
import { examples } from "../program.ts";
import { type OpenProject, openProject } from "../project/open-project.ts";

/** `millrace doctor`: checks the machine and the project. */
export const doctor: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["doctor", "doctor --json"])).action(async () => {
    const checks = [checkNode(), checkMemory(), ...checkConnectors()];
    const project = await openOrExplain(cli, checks);
    checks.push(...(await checkFolder(project?.settings.values.dataDirectory ?? cli.start())));
    if (project !== undefined) checks.push(...(await checkProject(project)));
    const { databaseUrl } = project?.settings.values ?? {};
    checks.push(
      ...(project !== undefined && databaseUrl !== undefined
        ? await checkNamedDatabase(databaseUrl, project)
        : await checkEmbedded(project)),
    );
    const bad = checks.filter((check) => check.status === "fail").length;
    cli.printer.result({ ok: bad === 0, checks }, () => forPeople(checks, bad, cli.printer.style));
    if (bad > 0) cli.exit(EXIT.failed);
  });
};

async function openOrExplain(cli: CliContext, checks: Check[]): Promise<OpenProject | undefined> {
  try {
    return await openProject(cli.project());
  } catch (error) {
    const none = error instanceof MillraceError && "folder" in error.details;
    checks.push(none ? { ...failed("project", error), status: "warn" } : failed("project", error));
    return undefined;
  }
}

function forPeople(checks: readonly Check[], bad: number, style: Style): string {
  const signs = { ok: style.green("✓"), warn: style.yellow("!"), fail: style.red("✗") };
  const width = Math.max(...checks.map((check) => check.name.length));
  const indent = " ".repeat(width + 4);
  const lines = checks.flatMap(({ name, status, message, hint }) => [
    `${signs[status]} ${name.padEnd(width)}  ${cleanLines(message).replaceAll("\n", `\n${indent}`)}`,
    ...(hint === undefined ? [] : [`${indent}${style.dim(cleanLines(hint))}`]),
  ]);
  const end = bad === 0 ? "Everything that Millrace needs is there." : `${formatMany(bad, "thing")} to mend.`;
  return [...lines, "", end].join("\n");
}
