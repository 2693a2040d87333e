import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@millrace/core";
import { FallbackReader } from "./fallback/fallback-reader.ts";
import { tryFileLock } from "./fallback/file-lock.ts";
import { OVERFLOW } from "./fallback/overflow.ts";
import { REFUSED, SinkFallback } from "./fallback/sink-fallback.ts";
import type { RoutedRecord } from "./log-record.ts";
import type { LogSink, RefusedRecord } from "./log-sink.ts";
import { sinkDirectory } from "./router/log-router.ts";
import { tryWrite } from "./router/try-write.ts";

/** What is replayed. */
export interface ReplayLogsOptions {
  /** See `logFallbackDirectory`. */
  readonly fallbackDirectory: string;
  /** Whose files are replayed. Who opened them closes them. */
  readonly sinks: readonly LogSink[];
  /** Try records again that sinks refused, such as after a change of their limits. Default false. */
  readonly refused?: boolean;
  /** Longest that a batch may take, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
  /** Ends the replay after the batch that is under way. */
  readonly signal?: AbortSignal;
}

/** What came of one sink's files. */
export interface ReplayedSink {
  readonly sink: string;
  /** Records that the sink took. */
  readonly replayed: number;
  /** Records that it refused again; they stay. */
  readonly refused: number;
  /** Lines of the files that are no records, such as the last one of a process that was killed. */
  readonly unreadable: number;
  /** What still waits, in bytes. */
  readonly leftBytes: number;
  /** Why something still waits. */
  readonly why?: string;
}

const BATCH = 2000;

/** Brings sinks what is in their fallback files. A record may reach a sink twice; with the id that it had. Never rejects. */
export async function replayLogs(options: ReplayLogsOptions): Promise<ReplayedSink[]> {
  const results: ReplayedSink[] = [];
  for (const sink of options.sinks) {
    results.push(await replayOne(sink, options));
  }
  return results;
}

/** Folders of fallback files, by the names of their sinks, that hold something. */
export async function waitingSinks(
  fallbackDirectory: string,
): Promise<{ sink: string; bytes: number; refusedBytes: number }[]> {
  const names = await readdir(fallbackDirectory).catch((): string[] => []);
  const found = await Promise.all(
    names
      .filter((name) => name !== OVERFLOW)
      .map(async (name) => ({
        sink: decodeURIComponent(name),
        bytes: (await new FallbackReader(join(fallbackDirectory, name)).backlog()).bytes,
        refusedBytes: (await new FallbackReader(join(fallbackDirectory, name, REFUSED)).backlog()).bytes,
      })),
  );
  return found.filter(({ bytes, refusedBytes }) => bytes + refusedBytes > 0);
}

async function replayOne(sink: LogSink, options: ReplayLogsOptions): Promise<ReplayedSink> {
  const folder = sinkDirectory(options.fallbackDirectory, sink.name);
  const directory = options.refused === true ? join(folder, REFUSED) : folder;
  const reader = new FallbackReader(directory);
  const result = { sink: sink.name, replayed: 0, refused: 0, unreadable: 0 };
  if ((await reader.backlog()).files === 0) return { ...result, leftBytes: 0 };
  const release = await tryFileLock(join(directory, "replay.lock")).catch(() => undefined);
  let why = release === undefined ? "another process is replaying them" : undefined;
  try {
    if (release !== undefined) why = await replayFiles(sink, { ...options, reader, folder, result });
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  } finally {
    await release?.();
  }
  const { bytes, open } = await reader.backlog();
  if (open > 0) why ??= "a process still writes to them, and replays them itself";
  return { ...result, leftBytes: bytes, ...(why === undefined ? {} : { why }) };
}

interface ReplayFiles extends ReplayLogsOptions {
  readonly reader: FallbackReader;
  /** The sink's folder. */
  readonly folder: string;
  /** Is counted up. */
  readonly result: { replayed: number; refused: number; unreadable: number };
}

/** Gives why it ended before the files did; undefined where they did. */
async function replayFiles(sink: LogSink, options: ReplayFiles): Promise<string | undefined> {
  const { reader, result } = options;
  const fallback = new SinkFallback(options.folder);
  try {
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      const refused = await writeAll(sink, chunk.records, options);
      result.replayed += chunk.records.length - refused.length;
      result.refused += refused.length;
      result.unreadable += chunk.unreadable;
      const [first] = refused;
      // What was refused before stays where it is; what is refused for the first time goes there.
      if (first !== undefined && (options.refused === true || !fallback.keepRefused(refused)))
        return first.reason;
      await chunk.forget();
    }
    return undefined;
  } finally {
    await fallback.close();
  }
}

async function writeAll(
  sink: LogSink,
  records: readonly RoutedRecord[],
  { signal, timeoutMs = 60_000 }: ReplayLogsOptions,
): Promise<RefusedRecord[]> {
  const closing = signal ?? new AbortController().signal;
  const refused: RefusedRecord[] = [];
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = records.slice(from, from + BATCH);
    refused.push(...(await tryWrite(sink, batch, { clock: systemClock, timeoutMs, closing })));
  }
  return refused;
}
