import {
  diffVersions,
  MillraceError,
  type FieldChange,
  type Inspector,
  type Json,
  type RowChange,
  type RunMoment,
  type RunPair,
  type RowState,
  type VersionDiff,
} from "@millrace/core";
import type { RunRecords } from "@millrace/platform";
import { positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { formatCount, formatMany } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { valueText } from "../output/value-text.ts";
import { examples } from "../program.ts";
import { type FoundTable, withTable } from "../workspace/inspect.ts";
import { type Workspace, withWorkspace } from "../workspace/workspace.ts";

interface DiffFlags {
  readonly runs?: readonly string[];
  readonly limit: number;
}

/** `millrace diff`: what differs between two versions of a row, or in all rows between two runs. */
export const diff: CommandSetup = (command, cli) => {
  command
    .argument("<table>", "a table that a pipeline merges into")
    .argument("[key]", "the row's key: column=value, with commas between several, or a JSON object")
    .argument(
      "[before]",
      "its version: a number from 1 (the oldest), current, previous or a time",
      "previous",
    )
    .argument("[after]", "the version that it is compared with", "current")
    .option("--runs <ids...>", "compare all rows after two runs instead, as they were when each had ended")
    .option(
      "--limit <rows>",
      "rows that are shown without --json; the others are counted",
      positiveInteger,
      50,
    )
    .addHelpText(
      "after",
      examples([
        "diff prices id=7",
        "diff prices shop=7,item=42 1 current",
        "diff prices id=7 2026-11-01T00:00:00Z --json",
        "diff prices --runs 0198c2a4 0198c5f1",
      ]),
    )
    .action(async (...given: [string, string | undefined, string, string, DiffFlags]) => {
      const [name, key, before, after, flags] = given;
      checkArguments(name, key, flags);
      await withWorkspace(cli, async (workspace) => {
        const { pipelines } = await workspace.pipelines();
        const places = {
          pipelines: pipelines.map((entry) => entry.pipeline),
          environment: workspace.environment,
        };
        await withTable(places, name, (found) =>
          flags.runs === undefined
            ? diffRow(cli, found, { key: keyOf(key ?? ""), before, after })
            : diffRuns(cli, { workspace, found, runs: flags.runs, limit: flags.limit }),
        );
      });
    });
};

function checkArguments(table: string, key: string | undefined, { runs }: DiffFlags): void {
  if (runs !== undefined && runs.length !== 2) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `--runs takes two runs, not ${runs.length}`, {
      hint: "`millrace runs` lists them.",
    });
  }
  if (runs === undefined && key === undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "The key of a row, or two runs, are missing", {
      hint: `Such as: millrace diff ${table} id=1, or millrace diff ${table} --runs <before> <after>`,
    });
  }
  if (runs !== undefined && key !== undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "Two runs are compared over all rows: leave the key out");
  }
}

/** `shop=7,item=42` or `{"shop":7}`. */
function keyOf(text: string): Readonly<Record<string, string>> {
  if (text.startsWith("{")) return keyOfJson(text);
  const entries = text.split(",").map((part) => {
    const at = part.indexOf("=");
    if (at <= 0) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `"${text}" is not the key of a row`, {
        hint: 'Write column=value, with commas between several; values that have commas as JSON: \'{"name":"a,b"}\'.',
      });
    }
    return [part.slice(0, at).trim(), part.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}

function keyOfJson(text: string): Readonly<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `The key is no JSON: ${text}`, { cause: error });
  }
  const entries = Object.entries(parsed as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    entries.map(([column, value]) => [column, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

async function diffRow(
  cli: CliContext,
  { inspector, table }: FoundTable,
  of: { readonly key: Readonly<Record<string, string>>; readonly before: string; readonly after: string },
): Promise<void> {
  const versions = await inspector.history(table, of.key);
  if (versions.length === 0) {
    const row = Object.entries(of.key).map(([column, value]) => `${column}=${value}`);
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `${table} has and had no row with ${row.join(" and ")}`, {
      hint: "Keys are compared with the values as they are stored.",
      details: { table, key: of.key },
    });
  }
  const found = diffVersions(versions, of.before, of.after);
  const state = ({ number, version }: RowState): Json =>
    version === null
      ? null
      : {
          version: number,
          operation: version.operation,
          run: version.run,
          from: version.from,
          to: version.to,
        };
  const document = {
    table,
    key: of.key,
    before: state(found.before),
    after: state(found.after),
    fields: found.fields,
  };
  cli.printer.result(document, () => versionsForPeople(found, cli.printer.style));
}

function versionsForPeople({ before, after, fields }: VersionDiff, style: Style): string {
  const heads = [`${style.red("-")} ${stateText(before)}`, `${style.green("+")} ${stateText(after)}`];
  const entries = Object.entries(fields);
  if (entries.length === 0) return [...heads, style.dim("no field differs")].join("\n");
  return [...heads, ...entries.map(([column, change]) => `  ${fieldText(column, change, style)}`)].join("\n");
}

function stateText({ number, version }: RowState): string {
  if (version === null) return "no row";
  const span = `${timeText(version.from) || "?"} – ${timeText(version.to) || "now"}`;
  return `version ${number}  ${span}${version.run === null ? "" : `  run ${version.run}`}`;
}

function fieldText(column: string, { before, after }: FieldChange, style: Style): string {
  return `${clean(column)}: ${style.red(valueText(before))} → ${style.green(valueText(after))}`;
}

interface RunsToCompare {
  readonly workspace: Workspace;
  readonly found: FoundTable;
  readonly runs: readonly string[];
  readonly limit: number;
}

async function diffRuns(cli: CliContext, of: RunsToCompare): Promise<void> {
  const { inspector, table, pipeline } = of.found;
  const { runs } = await of.workspace.control();
  const [first = "", second = ""] = of.runs;
  const pair = { from: await momentOf(runs, first), to: await momentOf(runs, second) };
  const changes = changesOf(inspector, table, pair);
  if (cli.printer.json) {
    await cli.printer.stream({ table, pipeline, from: pair.from.run, to: pair.to.run }, "changes", changes);
    return;
  }
  const shown: string[] = [];
  const counts = { insert: 0, update: 0, remove: 0 };
  for await (const change of changes) {
    counts[change.operation]++;
    if (shown.length < of.limit) shown.push(changeText(change, cli.printer.style));
  }
  cli.printer.result(null, () => [...shown, summary(counts, shown.length)].join("\n"));
}

function changesOf(inspector: Inspector, table: string, pair: RunPair): AsyncIterable<RowChange> {
  const changes = inspector.changes?.(table, pair);
  if (changes !== undefined) return changes;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `The destination of table ${table} cannot compare runs`, {
    hint: `Single rows can be compared: millrace diff ${table} <key>.`,
  });
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** A run whose record was pruned may still have left its traces in the table. */
async function momentOf(runs: RunRecords, id: string): Promise<RunMoment> {
  try {
    const record = await runs.get(id);
    return { run: record.id, endedAt: record.finishedAt ?? undefined };
  } catch (error) {
    const unknown = error instanceof MillraceError && error.code === "MLR_RUN_NOT_FOUND";
    if (unknown && UUID.test(id)) return { run: id.toLowerCase() };
    throw error;
  }
}

const SIGNS = {
  insert: (style: Style): string => style.green("+"),
  update: (style: Style): string => style.yellow("~"),
  remove: (style: Style): string => style.red("-"),
} as const;

function changeText({ key, operation, fields }: RowChange, style: Style): string {
  const id = Object.entries(key).map(([column, value]) => `${clean(column)}=${valueText(value)}`);
  const entries = Object.entries(fields).filter(([column]) => !Object.hasOwn(key, column));
  const texts = entries.map(([column, change]) => {
    if (operation === "update") return fieldText(column, change, style);
    return `${clean(column)}: ${valueText(operation === "insert" ? change.after : change.before)}`;
  });
  const sign = SIGNS[operation](style);
  return `${sign} ${id.join(" ")}${texts.length === 0 ? "" : `  ${texts.join(", ")}`}`;
}

function summary(counts: Readonly<Record<RowChange["operation"], number>>, shown: number): string {
  const total = counts.insert + counts.update + counts.remove;
  if (total === 0) return "No row differs.";
  const parts = [
    `${formatCount(counts.insert)} inserted`,
    `${formatCount(counts.update)} updated`,
    `${formatCount(counts.remove)} removed`,
  ];
  const more = total > shown ? `; ${formatCount(total - shown)} not shown (--limit, or --json for all)` : "";
  return `${formatMany(total, "row")}: ${parts.join(", ")}${more}`;
}
