import type { Schedule } from "@millrace/core";
import { describeCatchUp, type Fire, instantOf, nextFires } from "@millrace/orchestrator/schedule";
import { InvalidArgumentError } from "commander";
import { positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { scheduleText } from "../output/schedule-text.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { zonedTime } from "../output/zoned-time.ts";
import { examples } from "../program.ts";
import { choosePipelines } from "../project/choose-pipelines.ts";
import { type LoadedPipeline, loadPipelines } from "../project/load-pipelines.ts";
import { openProject } from "../project/open-project.ts";
import { parentProblems, pipelineTree, type TreeRow } from "../project/pipeline-tree.ts";

interface Flags {
  readonly count: number;
  readonly group?: string;
  readonly from?: string;
}

/** A pipeline with its next fires. */
interface Planned extends TreeRow {
  readonly fires: readonly Fire[];
}

/** `millrace schedule`: when pipelines run by themselves. Opens no database. */
export const schedule: CommandSetup = (command, cli) => {
  command
    .argument("[pipeline]", "one of them, in full")
    .option("--count <count>", "so many of the next times", fewEnough, 5)
    .option("--group <group>", "only pipelines of this group")
    .option(
      "--from <time>",
      "the times after this one, such as 2026-03-28 or 2026-03-28T12:00Z (default: now)",
    )
    .addHelpText(
      "after",
      examples(["schedule", "schedule quakes --count 20", "schedule --from 2026-10-25 --json"]),
    )
    .action(async (name: string | undefined, flags: Flags) => show(cli, name, flags));
};

function fewEnough(text: string): number {
  const count = positiveInteger(text);
  if (count > 10_000) throw new InvalidArgumentError("At most 10,000 are told at once.");
  return count;
}

async function show(cli: CliContext, name: string | undefined, flags: Flags): Promise<void> {
  const loaded = await loadPipelines(await openProject(cli.project()));
  // A program that reads the list must not take a part for the whole.
  if (cli.printer.json && loaded.errors.length > 0) choosePipelines(loaded, []);
  if (name !== undefined) choosePipelines(loaded, [name]);
  const rows = pipelineTree(loaded.pipelines).filter(
    ({ entry: { pipeline } }) =>
      (name === undefined || pipeline.name === name) &&
      (flags.group === undefined || pipeline.group === flags.group),
  );
  const planned = rows.map((row) => plan(row, flags));
  const { style } = cli.printer;
  const documents = planned.map((each) => describe(each, loaded.pipelines));
  cli.printer.result(name === undefined ? documents : documents[0], () =>
    name === undefined
      ? listText(planned, flags.count, style)
      : planned.map((each) => fullText(each, loaded.pipelines, style)).join("\n"),
  );
  for (const problem of parentProblems(loaded.pipelines)) cli.printer.warn(clean(problem));
  if (name !== undefined) return;
  for (const error of loaded.errors) cli.printer.explain(error);
  if (loaded.errors.length > 0) cli.exit(EXIT.project);
}

function plan(row: TreeRow, { count, from }: Flags): Planned {
  const { name: pipeline, schedule: given, enabled } = row.entry.pipeline;
  if (given === undefined || enabled === false) return { ...row, fires: [] };
  const after = from === undefined ? Date.now() : instantOf(from, given.timeZone, "--from") - 1;
  return { ...row, fires: nextFires(given, after, count, { pipeline }) };
}

function describe({ entry: { pipeline, file }, fires }: Planned, all: readonly LoadedPipeline[]): object {
  return {
    name: pipeline.name,
    group: pipeline.group ?? null,
    file,
    enabled: pipeline.enabled ?? true,
    text: scheduleText(pipeline),
    schedule: pipeline.schedule ?? null,
    timeZone: pipeline.schedule?.timeZone ?? null,
    parents: pipeline.parents ?? [],
    parentRule: pipeline.parentRule ?? "succeeded",
    children: childrenOf(pipeline.name, all),
    next: fires.map(({ dueMs, startMs }) => ({
      due: new Date(dueMs).toISOString(),
      start: new Date(startMs).toISOString(),
    })),
  };
}

function childrenOf(name: string, all: readonly LoadedPipeline[]): string[] {
  return all.filter(({ pipeline }) => pipeline.parents?.includes(name)).map(({ pipeline }) => pipeline.name);
}

function listText(planned: readonly Planned[], count: number, style: Style): string {
  if (planned.length === 0) return 'No pipelines here. Make one with "millrace new <name>".';
  const table = renderTable(
    [{ title: "pipeline" }, { title: "runs" }, { title: "next" }],
    planned.map(({ entry: { pipeline }, branch, fires }) => {
      const [next] = fires;
      const when =
        pipeline.enabled === false ? "disabled" : next === undefined ? "" : timeOf(next, pipeline.schedule);
      return [
        `${branch}${clean(pipeline.name)}`,
        clean(scheduleText(pipeline, { brief: true }) || "by hand"),
        when,
      ];
    }),
    { heading: style.dim },
  );
  const coming = planned
    .flatMap(({ entry, fires }) => fires.map((fire) => ({ entry, fire })))
    .toSorted((a, b) => a.fire.startMs - b.fire.startMs)
    .slice(0, count)
    .map(({ entry: { pipeline }, fire }) => `${timeOf(fire, pipeline.schedule)}  ${clean(pipeline.name)}`);
  return coming.length === 0 ? table : `${table}\n\n${style.dim("next")}\n${coming.join("\n")}`;
}

/** The start, which is the due time and the jitter. */
function timeOf({ startMs }: Fire, { timeZone }: Pick<Schedule, "timeZone"> = { timeZone: "UTC" }): string {
  return zonedTime(startMs, timeZone);
}

function fullText({ entry, fires }: Planned, all: readonly LoadedPipeline[], style: Style): string {
  const { pipeline, file } = entry;
  const given = pipeline.schedule;
  const children = childrenOf(pipeline.name, all);
  const facts: readonly (readonly [string, string])[] = [
    ["pipeline", `${pipeline.name}${pipeline.enabled === false ? " (disabled)" : ""}`],
    ["file", file],
    ["runs", scheduleText(pipeline) || "by hand"],
    ...(given?.kind === "cron" ? [["cron", given.expression] as const] : []),
    ...(given === undefined ? [] : [["time zone", given.timeZone] as const]),
    ...(given === undefined ? [] : [["if missed", describeCatchUp(given.catchUp)] as const]),
    ...(children.length === 0 ? [] : [["before", children.join(", ")] as const]),
    ...fires.map((fire, index) => [index === 0 ? "next" : "", fireText(fire, given)] as const),
  ];
  return facts.map(([name, value]) => `${style.dim(name.padEnd(11))}${clean(value)}`).join("\n");
}

function fireText(fire: Fire, given: Schedule | undefined): string {
  const start = timeOf(fire, given);
  return fire.startMs === fire.dueMs
    ? start
    : `${start} (due ${zonedTime(fire.dueMs, given?.timeZone ?? "UTC")})`;
}
