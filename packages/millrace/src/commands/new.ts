import { existsSync } from "node:fs";
import { join } from "node:path";
import { MillraceError, nearest } from "@millrace/core";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { loadPipelines } from "../project/load-pipelines.ts";
import { openProject } from "../project/open-project.ts";
import { dataFile, pipelineFiles, type Starter, STARTERS } from "../templates/pipeline-files.ts";
import { writeNewFiles } from "../templates/write-new-files.ts";

/** `millrace new`: a pipeline that works at once, to be changed. */
export const newPipeline: CommandSetup = (command, cli) => {
  command
    .argument(
      "<name>",
      "name of the pipeline and its file: letters, digits, and single - _ or . between them",
    )
    .option("--from <source>", `what it reads: ${STARTERS.join(", ")}`, "csv")
    .addHelpText("after", examples(["new quakes", "new prices --from json", "new sensors --from function"]))
    .action(async (name: string, options: { from: string }) => {
      const from = starter(options.from);
      checkName(name);
      const project = await openProject(cli.project());
      const { pipelines } = await loadPipelines(project);
      const taken = pipelines.find((entry) => entry.pipeline.name === name);
      if (taken !== undefined) {
        throw new MillraceError(
          "MLR_PROJECT_INVALID",
          `The pipeline "${name}" exists already, in ${taken.file}`,
          {
            hint: "Nothing was written. Choose another name.",
            details: { pipeline: name, file: taken.file },
          },
        );
      }
      const kept = from === "function" ? undefined : dataFile(name, from);
      // A data file of that name is the user's own, and most likely what the pipeline is to read.
      const keep = kept !== undefined && existsSync(join(project.root, kept));
      const made = await writeNewFiles(project.root, pipelineFiles(name, from), keep ? [kept] : []);
      cli.printer.result({ pipeline: name, project: project.root, files: made }, () =>
        [
          ...made.map((file) => `Made ${file}`),
          ...(keep ? [`It reads ${kept}, which was there already: see that its key fits.`] : []),
          "",
          "Go on with:",
          `  npx millrace run ${name}`,
        ].join("\n"),
      );
    });
};

function starter(word: string): Starter {
  const found = STARTERS.find((candidate) => candidate === word);
  if (found !== undefined) return found;
  const guess = nearest(word, STARTERS);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `A new pipeline cannot be made --from "${word}"`, {
    hint: guess === undefined ? `Choose one of: ${STARTERS.join(", ")}.` : `Did you mean "${guess}"?`,
  });
}

/** Names become file names as well, so that they are stricter here than in `pipeline(…)`. */
function checkName(name: string): void {
  if (/^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/i.test(name) && name.length <= 100) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" cannot be the name of a pipeline`, {
    hint: "Use letters, digits, and single - _ or . between them, at most 100 characters.",
  });
}
