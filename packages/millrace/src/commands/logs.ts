import { setTimeout as pause } from "node:timers/promises";
import {
  isLogLevel,
  LOG_LEVELS,
  type LogFilter,
  type LogLevel,
  LogStore,
  openLogSinks,
  prettyLine,
  replayLogs,
  type ReplayedSink,
  type RunRecord,
  type StoredLog,
  waitingSinks,
  logFallbackDirectory,
} from "@millrace/platform";
import { InvalidArgumentError } from "commander";
import { positiveInteger } from "../arguments.ts";
import type { CliContext, CommandSetup } from "../cli-context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatMany } from "../output/numbers.ts";
import { clean } from "../output/text.ts";
import { addCommonOptions, examples } from "../program.ts";
import { listenForInterrupts } from "../workspace/interrupts.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";
import { sinkContext } from "../workspace/sink-context.ts";

interface LogFlags {
  readonly follow?: boolean;
  readonly level?: LogLevel;
  readonly search?: string;
  readonly limit: number;
}

/** `millrace logs`: what runs logged. */
export const logs: CommandSetup = (command, cli) => {
  command
    .argument("<run>", "its id or first digits, or the name of a pipeline: its latest run")
    .option("-f, --follow", "print new lines as they come, until the run has ended")
    .option("--level <level>", `only lines of at least this level: ${LOG_LEVELS.join(", ")}`, level)
    .option("--search <text>", "only lines with this text in their message or fields")
    .option("--limit <count>", "at most so many lines: the last ones", positiveInteger, 500)
    .addHelpText(
      "after",
      examples([
        "logs 0198c2a4",
        "logs quakes --follow",
        "logs quakes --level warn --search timeout --json",
        "logs replay",
      ]),
    )
    .action((run: string, flags: LogFlags) => show(cli, run, flags));
  const sub = command
    .command("replay")
    .description("Bring sinks the lines that they did not take, from the files where these are kept.")
    .option("--refused", "try again what sinks refused for good, such as after a change of their limits")
    .addHelpText("after", examples(["logs replay", "logs replay --refused --json"]));
  addCommonOptions(sub, cli.setStart);
  sub.action((flags: { refused?: boolean }) => replay(cli, flags.refused === true));
};

async function show(cli: CliContext, name: string, flags: LogFlags): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { runs, url } = await workspace.control();
    const record = await chooseRun(workspace, name);
    const store = new LogStore({ url });
    const filter: LogFilter = {
      ...(flags.level === undefined ? {} : { level: flags.level }),
      ...(flags.search === undefined ? {} : { search: flags.search }),
    };
    try {
      const lines = await store.last(record.id, flags.limit, filter);
      if (flags.follow !== true) {
        cli.printer.result(lines, () => text(lines, cli));
        return;
      }
      if (!cli.printer.json && lines.length > 0) cli.printer.line(text(lines, cli));
      const more = await follow(cli, {
        store,
        lines,
        filter,
        ended: async () => hasEnded(await runs.get(record.id)),
        run: record.id,
      });
      if (cli.printer.json) cli.printer.result([...lines, ...more].slice(-flags.limit), () => "");
    } finally {
      await store.close();
    }
  });
}

interface Following {
  readonly store: LogStore;
  readonly run: string;
  readonly lines: readonly StoredLog[];
  readonly filter: LogFilter;
  readonly ended: () => Promise<boolean>;
}

/** How often it is looked whether the run has ended, in milliseconds. */
const LOOK_MS = 1000;
/** Lines that are kept for `--json`. */
const KEPT = 100_000;

/** Prints lines as they come, until the run has ended or a signal comes; with JSON it gathers them. */
async function follow(
  cli: CliContext,
  { store, run, lines, filter, ended }: Following,
): Promise<StoredLog[]> {
  const interrupts = listenForInterrupts(cli.printer, "No longer following; the run goes on.");
  const over = new AbortController();
  const signal = AbortSignal.any([interrupts.signal, over.signal]);
  const watching = (async () => {
    while (!signal.aborted) {
      // What the run said last may still be on its way when its record says that it has ended.
      const done = await ended().catch(() => false);
      await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
      if (done) over.abort();
    }
  })();
  const gathered: StoredLog[] = [];
  try {
    const position = lines.at(-1)?.position;
    for await (const page of store.tail(run, {
      ...filter,
      signal,
      ...(position === undefined ? {} : { afterId: position }),
    })) {
      if (!cli.printer.json) cli.printer.line(text(page, cli));
      else gathered.push(...page);
      if (gathered.length > KEPT) gathered.splice(0, gathered.length - KEPT);
    }
    const code = interrupts.exitCode();
    if (code !== undefined) cli.exit(code);
  } finally {
    over.abort();
    await watching;
    interrupts.dispose();
  }
  return gathered;
}

/** The run of that id, or the latest one of the pipeline of that name. */
async function chooseRun(workspace: Workspace, name: string): Promise<RunRecord> {
  const { runs } = await workspace.control();
  await runs.reap();
  const [latest] = await runs.list({ pipeline: name, limit: 1 });
  return latest ?? runs.get(name);
}

function hasEnded({ status }: RunRecord): boolean {
  return status !== "running" && status !== "queued";
}

function text(lines: readonly StoredLog[], cli: CliContext): string {
  if (lines.length === 0) return "It logged nothing that fits.";
  const colours = cli.stdout.isTTY && cli.stdout.hasColors();
  const attempt = new Set(lines.map((line) => line.attempt)).size > 1;
  return lines.map((line) => prettyLine(line, { colours, attempt, run: false })).join("\n");
}

async function replay(cli: CliContext, refused: boolean): Promise<void> {
  await withWorkspace(cli, async (workspace) => {
    const { project } = workspace;
    await workspace.control();
    const fallbackDirectory = logFallbackDirectory(project.settings.values.dataDirectory);
    const sinks = openLogSinks({
      ...sinkContext(workspace),
      ...(project.logs === undefined ? {} : { config: project.logs }),
    });
    const interrupts = listenForInterrupts(cli.printer, "Stopping after this batch.");
    try {
      const results = await replayLogs({
        fallbackDirectory,
        sinks: sinks.map(({ sink }) => sink),
        refused,
        signal: interrupts.signal,
      });
      const known = new Set(sinks.map(({ sink }) => sink.name));
      const strangers = (await waitingSinks(fallbackDirectory)).filter(({ sink }) => !known.has(sink));
      cli.printer.result(results, () => results.map(replayLine).join("\n"));
      for (const { sink, bytes } of strangers)
        cli.printer.warn(
          `The configuration has no sink "${clean(sink)}", for which ${formatMany(bytes, "byte")} wait in files.`,
        );
      if (results.some(({ why }) => why !== undefined)) cli.exit(EXIT.failed);
    } finally {
      interrupts.dispose();
      await Promise.all(sinks.map(({ sink }) => sink.close()));
    }
  });
}

function replayLine({ sink, replayed, refused, unreadable, leftBytes, why }: ReplayedSink): string {
  const parts = [
    `${clean(sink)}: ${formatMany(replayed, "line")} replayed`,
    ...(refused > 0 ? [`${formatMany(refused, "line")} refused`] : []),
    ...(unreadable > 0 ? [`${formatMany(unreadable, "line")} unreadable`] : []),
    ...(leftBytes > 0
      ? [`${formatMany(leftBytes, "byte")} still wait${why === undefined ? "" : ` (${clean(why)})`}`]
      : []),
  ];
  return parts.join(", ");
}

function level(text: string): LogLevel {
  if (isLogLevel(text)) return text;
  throw new InvalidArgumentError(`Choose one of: ${LOG_LEVELS.join(", ")}.`);
}
