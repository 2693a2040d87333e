import { MillraceError, nearest } from "@millrace/core";
import type { RuleSeries } from "@millrace/platform";
import { positiveInteger } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { foundText, observedText } from "../output/quality-lines.ts";
import { sparkline } from "../output/sparkline.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { valueText } from "../output/value-text.ts";
import { truncate } from "../output/width.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

interface QualityFlags {
  readonly pipeline?: string;
  readonly points: number;
}

/** `millrace quality`: what quality rules came to last, and before. */
export const quality: CommandSetup = (command, cli) => {
  command
    .argument("[table]", "a table that rules look at; without one, all")
    .option("--pipeline <name>", "only the rules of this pipeline")
    .option("--points <count>", "results of each rule", positiveInteger, 20)
    .addHelpText("after", examples(["quality orders", "quality", "quality orders --points 100 --json"]))
    .action(async (table: string | undefined, { pipeline, points }: QualityFlags) => {
      await withWorkspace(cli, async (workspace) => {
        const { quality: store } = await workspace.control();
        const known = table === undefined ? undefined : namedSo(table, await store.tables());
        const series = await store.series({
          points,
          ...(known === undefined ? {} : { table: known }),
          ...(pipeline === undefined ? {} : { pipeline }),
        });
        cli.printer.result(series.map(forPrograms), () => forPeople(series, cli.printer.style));
        if (series.some(({ results: [latest] }) => latest.status === "failed")) cli.exit(EXIT.failed);
      });
    });
};

/** A table with its schema before it is meant as well. Fails with MLR_TABLE_NOT_FOUND. */
function namedSo(name: string, tables: readonly string[]): string {
  const bare = name.slice(name.indexOf(".") + 1);
  const found = [name, bare].find((each) => tables.includes(each));
  if (found !== undefined) return found;
  const guess = nearest(bare, tables);
  throw new MillraceError("MLR_TABLE_NOT_FOUND", `No quality rule has looked at a table "${name}" yet`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : tables.length === 0
          ? 'Add rules to a pipeline, such as quality: [notNull("id")], and run it.'
          : `Rules have looked at: ${tables.join(", ")}.`,
    details: { table: name },
  });
}

function forPrograms({ pipeline, table, rule, results }: RuleSeries): Record<string, unknown> {
  const [{ pipeline: _p, table: _t, rule: _r, ...latest }, ...before] = results;
  return {
    pipeline,
    table,
    rule,
    ...latest,
    history: before.map(({ at, run, status, observed, failures, checked }) => ({
      at,
      run,
      status,
      observed,
      failures,
      checked,
    })),
  };
}

function forPeople(series: readonly RuleSeries[], style: Style): string {
  if (series.length === 0) return "No quality rule has been judged yet.";
  const several = new Set(series.map(({ table, pipeline }) => `${table}\n${pipeline}`)).size > 1;
  const table = renderTable(
    [
      { title: "status" },
      ...(several ? [{ title: "table" }, { title: "pipeline" }] : []),
      { title: "rule" },
      { title: "severity" },
      { title: "found" },
      { title: "expected" },
      { title: "history" },
      { title: "judged" },
    ],
    series.map(({ pipeline, table: name, rule, results }) => {
      const [latest] = results;
      return [
        STATUS[latest.status](style),
        ...(several ? [clean(name), clean(pipeline)] : []),
        truncate(clean(rule), 50),
        latest.severity,
        latest.status === "skipped" ? observedText(latest.observed) : foundText(latest),
        truncate(clean(latest.expected), 50),
        drawn(results, style),
        timeText(latest.at),
      ];
    }),
    { heading: style.dim },
  );
  const details = series.flatMap((each) => detailLines(each));
  return details.length === 0 ? table : `${table}\n\n${details.join("\n")}`;
}

const STATUS = {
  passed: (style: Style): string => style.green("passed"),
  failed: (style: Style): string => style.red("failed"),
  skipped: (style: Style): string => style.dim("skipped"),
} as const;

/** Oldest first; each bar in the colour of its result. */
function drawn(results: RuleSeries["results"], style: Style): string {
  const oldest = results.toReversed();
  const line = sparkline(oldest.map(({ observed }) => (typeof observed === "number" ? observed : null)));
  return oldest
    .map(({ status }, index) => {
      // Each bar is one character.
      const bar = line.charAt(index);
      return status === "failed" ? style.red(bar) : status === "skipped" ? style.dim(bar) : bar;
    })
    .join("");
}

/** Failing rows of what failed last, and why something was skipped. */
function detailLines({ rule, results: [latest] }: RuleSeries): string[] {
  if (latest.status === "passed") return [];
  const reason = latest.reason === undefined ? [] : [`${clean(rule)}: ${clean(latest.reason)}`];
  const samples = latest.samples.map((sample) => `  ${valueText(sample, 120)}`);
  return samples.length === 0 ? reason : [...reason, `${clean(rule)}:`, ...samples];
}
