import { basename, relative, resolve } from "node:path";
import type { CommandSetup } from "../cli-context.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";
import { FIRST_PIPELINE, projectFiles } from "../templates/project-files.ts";
import { writeNewFiles } from "../templates/write-new-files.ts";
import { version } from "../version.ts";

/** `millrace init`: a new project with one pipeline that works. */
export const init: CommandSetup = (command, cli) => {
  command
    .argument("<folder>", 'where to make it; "." for the current folder')
    .option("--name <name>", "name of its npm package (default: the folder's)")
    .addHelpText("after", examples(["init my-data", "init . --name prices"]))
    .action(async (folder: string, flags: { name?: string }) => {
      const root = resolve(cli.start(), folder);
      const files = projectFiles(packageName(flags.name ?? basename(root)), version());
      const made = await writeNewFiles(root, files, ["README.md", ".gitignore"]);
      const place = relative(cli.cwd, root);
      cli.printer.result({ project: root, files: made }, () =>
        [
          `Made a project in ${clean(root)}:`,
          ...made.map((file) => `  ${file}`),
          "",
          "Go on with:",
          ...(place === "" ? [] : [`  cd ${clean(/\s/.test(place) ? `"${place}"` : place)}`]),
          "  npm install",
          `  npx millrace run ${FIRST_PIPELINE}`,
        ].join("\n"),
      );
    });
};

/** A folder's name as an npm package's name. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/^[._-]+|[._-]+$/g, "");
  // A package cannot depend on one of its own name.
  return name === "" || name === "millrace" || name === "node_modules" ? "my-data" : name;
}
