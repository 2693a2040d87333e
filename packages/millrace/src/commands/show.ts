import type { FileRead, FunctionCalls, QualityResult, TouchedObject } from "@millrace/core";
import type { RunRecord } from "@millrace/platform";
import type { CommandSetup } from "../cli-context.ts";
import { errorBlock } from "../output/error-block.ts";
import { fileTable } from "../output/file-lines.ts";
import { functionTable } from "../output/function-lines.ts";
import { formatCount, formatDuration } from "../output/numbers.ts";
import { objectTable } from "../output/object-lines.ts";
import { qualityLines } from "../output/quality-lines.ts";
import { paintStatus } from "../output/run-record.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean, cleanLines } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { valueText } from "../output/value-text.ts";
import { examples } from "../program.ts";
import { withWorkspace } from "../workspace/workspace.ts";

const FIELDS = ["read", "inserted", "updated", "unchanged", "removed", "restored", "rejected"] as const;

/** `millrace show`: one run. */
export const show: CommandSetup = (command, cli) => {
  command
    .argument("<run>", "its id, or as many of its first digits as no other has")
    .addHelpText("after", examples(["show 0198c2a4", "show 0198c2a4-5b1e-7000-8f3a-1f0c2b9d4e5f --json"]))
    .action(async (id: string) => {
      await withWorkspace(cli, async (workspace) => {
        const { runs, quality: results, facts } = await workspace.control();
        await runs.reap();
        const record = await runs.get(id);
        const quality = await results.ofRun(record.id);
        const functions = await facts.functionsOf(record.id);
        const objects = await facts.objectsOf(record.id);
        const files = await facts.filesOf(record.id);
        const found = { quality, functions, objects, files };
        cli.printer.result({ ...record, ...found }, () => forPeople(record, found, cli.printer.style));
      });
    });
};

/** What is kept of a run besides its record. */
interface Found {
  readonly quality: readonly QualityResult[];
  readonly functions: readonly FunctionCalls[];
  readonly objects: readonly TouchedObject[];
  readonly files: readonly FileRead[];
}

function forPeople(record: RunRecord, { quality, functions, objects, files }: Found, style: Style): string {
  const facts: readonly (readonly [string, string])[] = [
    ["run", record.id],
    ["pipeline", clean(record.pipeline)],
    [
      "status",
      `${paintStatus(record.status, style)}${record.resumed ? " (went on from an interrupted attempt)" : ""}`,
    ],
    ["started", `${timeText(record.startedAt)} by ${clean(record.trigger)}`],
    ...(record.durationMs === null
      ? []
      : [["lasted", formatDuration(record.durationMs)] satisfies [string, string]]),
    ...(record.host === null
      ? []
      : [["process", `${record.pid} on ${clean(record.host)}`] satisfies [string, string]]),
    ...processFacts(record.process),
    ...(record.attempt === null ? [] : [["attempt", record.attempt] satisfies [string, string]]),
    ...Object.entries(record.options).map(([name, value]): [string, string] => [
      `option ${clean(name)}`,
      valueText(value),
    ]),
  ];
  const blocks = [facts.map(([name, value]) => `${style.dim(name.padEnd(10))}${value}`).join("\n")];
  if (Object.keys(record.counts).length > 0) blocks.push(countsTable(record, style));
  const withheld = Object.entries(record.withheld).map(
    ([table, reasons]) => `! nothing was removed from ${clean(table)}: ${clean(reasons.join("; "))}`,
  );
  if (withheld.length > 0) blocks.push(withheld.join("\n"));
  if (quality.length > 0) blocks.push(qualityLines(quality, style).join("\n"));
  if (files.length > 0) blocks.push(fileTable(files, style));
  if (objects.length > 0) blocks.push(objectTable(objects, style));
  if (functions.length > 0) blocks.push(functionTable(functions, style));
  const slices = Object.entries(record.checkpoint);
  if (slices.length > 0) {
    const shown = slices.slice(0, 10).map(([slice, state]) => `  ${clean(slice)}: ${valueText(state, 100)}`);
    const more =
      slices.length > 10 ? [`  … and ${formatCount(slices.length - 10)} more (--json prints all)`] : [];
    blocks.push([style.dim("checkpoint"), ...shown, ...more].join("\n"));
  }
  if (record.log.length > 0) {
    const lines = record.log.map((line) => {
      const level = line.level === "warn" ? style.yellow("warn") : style.dim(line.level);
      return `  ${style.dim(timeText(line.at))} ${level} ${cleanLines(line.message).replaceAll("\n", "\n    ")}`;
    });
    blocks.push([style.dim("log"), ...lines].join("\n"));
  }
  if (record.error) blocks.push(errorBlock(record.error, style));
  return blocks.join("\n\n");
}

function countsTable(record: RunRecord, style: Style): string {
  return renderTable(
    [{ title: "table" }, ...FIELDS.map((title) => ({ title, side: "right" as const }))],
    Object.entries(record.counts).map(([table, counts]) => [
      clean(table),
      ...FIELDS.map((field) => formatCount(counts[field])),
    ]),
    { heading: style.dim },
  );
}

/** What is known of the processes of a run that came by the queue. */
function processFacts(facts: RunRecord["process"]): [string, string][] {
  if (facts === null) return [];
  const lines: [string, string][] = [["tries", `${facts.tries} of at most ${facts.maxTries}`]];
  if (facts.signal !== null || facts.exitCode !== null) {
    lines.push(["exit", facts.signal ?? String(facts.exitCode)]);
  }
  if (facts.peakMemoryBytes !== null)
    lines.push(["memory", `${Math.round(facts.peakMemoryBytes / 1_048_576)} MiB at most`]);
  if (facts.cpuMs !== null) lines.push(["CPU", formatDuration(facts.cpuMs)]);
  if (facts.exceptions > 0) lines.push(["exceptions", String(facts.exceptions)]);
  return lines;
}
