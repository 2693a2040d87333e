import { isParamsSchema, paramNames, paramsSchemaOf } from "@millrace/core";
import type { CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { scheduleText } from "../output/schedule-text.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { type LoadedPipeline, loadPipelines } from "../project/load-pipelines.ts";
import { openProject } from "../project/open-project.ts";

/** `millrace list`: the project's pipelines. Opens no database. */
export const list: CommandSetup = (command, cli) => {
  command
    .option("--group <group>", "only pipelines of this group")
    .option("--names", "print the names alone, one a line")
    .addHelpText("after", examples(["list", "list --group geo", "list --json"]))
    .action(async (options: { group?: string; names?: boolean }) => {
      const loaded = await loadPipelines(await openProject(cli.project()));
      // A program that reads the list must not take a part for the whole.
      if (cli.printer.json && loaded.errors.length > 0) choosePipelines(loaded, []);
      const entries = loaded.pipelines.filter(
        ({ pipeline }) => options.group === undefined || pipeline.group === options.group,
      );
      cli.printer.result(entries.map(describe), () =>
        options.names === true
          ? entries.map(({ pipeline }) => pipeline.name).join("\n")
          : forPeople(entries, cli.printer.style.dim),
      );
      for (const error of loaded.errors) cli.printer.explain(error);
      if (loaded.errors.length > 0) cli.exit(EXIT.project);
    });
};

function describe({ pipeline, file }: LoadedPipeline): Record<string, unknown> {
  return {
    name: pipeline.name,
    group: pipeline.group ?? null,
    description: pipeline.description ?? null,
    owner: pipeline.owner ?? null,
    tags: pipeline.tags ?? [],
    enabled: pipeline.enabled ?? true,
    source: sourceKind(pipeline.source),
    destination: pipeline.destination.kind,
    schedule: pipeline.schedule ?? null,
    parents: pipeline.parents ?? [],
    params: isParamsSchema(pipeline.params) ? {} : (pipeline.params ?? {}),
    paramsSchema: paramsSchemaOf(pipeline.params) ?? null,
    file,
  };
}

function sourceKind(source: LoadedPipeline["pipeline"]["source"]): string {
  return typeof source === "function" ? "function" : (source.kind ?? "source");
}

function forPeople(entries: readonly LoadedPipeline[], dim: (text: string) => string): string {
  if (entries.length === 0) return 'No pipelines yet. Make one with "millrace new <name>".';
  const runs = entries.map(({ pipeline }) => scheduleText(pipeline, { brief: true }));
  const some = runs.some((text) => text !== "");
  const params = entries.map(({ pipeline }) => paramNames(pipeline.params).join(" "));
  const asks = params.some((text) => text !== "");
  return renderTable(
    [
      { title: "pipeline" },
      { title: "group" },
      { title: "from" },
      { title: "to" },
      ...(some ? [{ title: "runs" }] : []),
      ...(asks ? [{ title: "params" }] : []),
      { title: "file" },
      { title: "" },
    ],
    entries.map(({ pipeline, file }, index) =>
      [
        pipeline.name,
        pipeline.group ?? "",
        sourceKind(pipeline.source),
        pipeline.destination.kind,
        ...(some ? [runs[index] ?? ""] : []),
        ...(asks ? [params[index] ?? ""] : []),
        file,
        pipeline.enabled === false ? "disabled" : "",
      ].map(clean),
    ),
    { heading: dim },
  );
}
