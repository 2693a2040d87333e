import path from "node:path";
import { MillraceError, parseJsonExact, type Message, type ReadContext } from "@millrace/core";
import { selectedNames, selectStreams } from "./catalog.ts";
import { secretsMask } from "./mask-secrets.ts";
import type { ResolvedSingerOptions } from "./options.ts";
import { exactJson, readSinger, readCheckpoint, SINGER_SLICE } from "./protocol/index.ts";
import { tapEnvironment } from "./tap-environment.ts";
import { TapFiles, type TapDocument } from "./tap-files.ts";
import { TapProcess } from "./tap-process.ts";

/** Largest catalog that is accepted. */
const MAX_CATALOG_BYTES = 256 * 1024 ** 2;

/** One reading of a tap, from its start to its end. */
export async function* readTap(
  options: ResolvedSingerOptions,
  context: ReadContext,
): AsyncGenerator<Message> {
  if (context.signal.aborted) return;
  if (context.since !== undefined) {
    context.log(
      "warn",
      "taps are not told of --since: say in their configuration where they start, often start_date",
    );
  }
  const files = new TapFiles(context.directory);
  let tap: TapProcess | undefined;
  let mask = (text: string): string => text;
  try {
    const run = await prepare(options, context, files);
    mask = run.mask;
    const args = await argumentsOf(options, context, run);
    if (context.signal.aborted) return;
    const started = run.start(args);
    tap = started;
    const names = selectedNames(options.streams);
    const { complete } = options;
    yield* readSinger(
      {
        origin: path.basename(options.command),
        wants: (stream) => names?.has(stream) ?? true,
        whole: (stream) => (typeof complete === "boolean" ? complete : complete.includes(stream)),
        checkpoints: true,
        resumes: true,
        versions: true,
        missingKey: "reject",
        maxLineBytes: options.maxLineBytes,
        bytes: started.output(),
        ended: async () => {
          if (!context.signal.aborted) await started.succeeded();
          return true;
        },
        close: () => void started.stop(),
      },
      context,
    );
  } catch (error) {
    throw withoutSecrets(error, mask);
  } finally {
    await tap?.stop();
    await files.remove();
  }
}

/** Errors quote what the tap wrote, which may be its configuration. */
function withoutSecrets(error: unknown, mask: (text: string) => string): unknown {
  if (!(error instanceof MillraceError)) return error;
  const { code, hint, details, retry, cause } = error;
  const message = mask(error.message);
  if (message === error.message) return error;
  return new MillraceError(code, message, {
    details,
    retry,
    ...(hint === undefined ? {} : { hint: mask(hint) }),
    ...(cause instanceof MillraceError ? { cause: withoutSecrets(cause, mask) } : {}),
  });
}

interface TapRun {
  readonly files: TapFiles;
  readonly config: TapDocument | undefined;
  readonly mask: (text: string) => string;
  start(args: readonly string[]): TapProcess;
}

async function prepare(
  options: ResolvedSingerOptions,
  context: ReadContext,
  files: TapFiles,
): Promise<TapRun> {
  const { config, env, inheritEnv } = options;
  const secrets = [config === undefined ? {} : await files.content("config", config), env];
  const environment = tapEnvironment(inheritEnv, env);
  const inherited = Object.fromEntries(inheritEnv.map((name) => [name, environment[name]]));
  const mask = secretsMask([...secrets, inherited]);
  const cwd = path.resolve(context.directory, options.cwd ?? ".");
  return {
    files,
    mask,
    config: config === undefined ? undefined : await files.place("config", config),
    start: (args) =>
      new TapProcess({
        // A name is looked up on the PATH; a path starts at the project's folder, wherever the tap runs.
        command: /[/\\]/.test(options.command)
          ? path.resolve(context.directory, options.command)
          : options.command,
        args: [...options.args, ...args],
        cwd,
        env: environment,
        signal: context.signal,
        stopMs: options.stopMs,
        mask,
        onLine: (line) => context.log(levelOf(line), line),
      }),
  };
}

/** The arguments of a reading; discovers the catalog first where streams are to be selected in it. */
async function argumentsOf(
  options: ResolvedSingerOptions,
  context: ReadContext,
  { files, config, start }: TapRun,
): Promise<string[]> {
  const args = typeof config === "string" ? ["--config", config] : [];
  const flag = options.properties === undefined ? "--catalog" : "--properties";
  const given = options.catalog ?? options.properties;
  const { streams } = options;
  if (streams !== undefined) {
    const catalog =
      given === undefined
        ? await discover(start([...args, "--discover"]), options)
        : await files.content("catalog", given);
    if (catalog === undefined) return args;
    const selected = selectStreams(catalog, streams, options.command);
    args.push(flag, await files.place("catalog", selected));
  } else if (given !== undefined) args.push(flag, await files.place("catalog", given));
  const state = await stateOf(options, context, files);
  if (state !== undefined) args.push("--state", await files.write("state", state));
  return args;
}

/** The last committed state as JSON text; before the first commit the one that the options give. */
async function stateOf(
  { state }: ResolvedSingerOptions,
  { checkpoints, full }: ReadContext,
  files: TapFiles,
): Promise<string | undefined> {
  const known = full ? undefined : readCheckpoint(checkpoints.get(SINGER_SLICE)).state;
  if (known !== undefined) return known;
  return state === undefined ? undefined : exactJson(await files.content("state", state));
}

/** What `--discover` prints; undefined where it was stopped. */
async function discover(tap: TapProcess, { command }: ResolvedSingerOptions): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of tap.output()) {
      bytes += piece.length;
      if (bytes > MAX_CATALOG_BYTES) throw tooLarge(command);
      pieces.push(piece);
    }
    if (tap.stopped) return undefined;
    await tap.succeeded();
  } finally {
    await tap.stop();
  }
  try {
    return parseJsonExact(Buffer.concat(pieces).toString("utf8"));
  } catch (cause) {
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `what ${command} --discover prints is no JSON: ${String(cause)}`,
      {
        hint: "Give the catalog with the option catalog, or leave streams out where the tap needs none.",
        cause,
      },
    );
  }
}

function tooLarge(command: string): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_LIMIT",
    `what ${command} --discover prints is beyond ${MAX_CATALOG_BYTES} bytes`,
    {
      hint: "Give a smaller catalog with the option catalog.",
    },
  );
}

/** By the level that loggers in Python write, most often first in the line. */
function levelOf(line: string): "debug" | "info" | "warn" {
  const level = /\b(DEBUG|METRIC|WARNING|WARN|ERROR|CRITICAL|FATAL)\b/.exec(line.slice(0, 200))?.[1];
  if (level === undefined) return "info";
  return level === "DEBUG" || level === "METRIC" ? "debug" : "warn";
}
