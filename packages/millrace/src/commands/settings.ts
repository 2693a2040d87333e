import type { SettingLine } from "@millrace/platform/settings";
import type { CommandSetup } from "../cli-context.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";
import { openProject } from "../project/open-project.ts";

/** `millrace settings`: each setting with its value and where it comes from. */
export const settings: CommandSetup = (command, cli) => {
  command.addHelpText("after", examples(["settings", "settings --json"])).action(async () => {
    const project = await openProject(cli.project());
    const lines = project.settings.lines();
    for (const warning of project.settings.warnings) cli.printer.warn(warning);
    cli.printer.result(lines, () => forPeople(lines, cli.printer.style));
  });
};

function forPeople(lines: readonly SettingLine[], style: Style): string {
  const rows = lines.map(({ name, variable, value, origin, alias }) => [
    name,
    variable,
    value === null ? style.dim("not set") : clean(value),
    origin === "default" ? style.dim(origin) : alias === undefined ? origin : `${origin} (${alias})`,
  ]);
  const titles = ["setting", "variable", "value", "from"];
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
    { heading: style.dim },
  );
}
