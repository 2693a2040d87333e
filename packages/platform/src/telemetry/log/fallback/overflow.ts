import { hash } from "node:crypto";
import { join } from "node:path";
import type { LogRecord, RoutedRecord } from "../log-record.ts";
import { readLogLine } from "../read-log-line.ts";
import { FallbackReader } from "./fallback-reader.ts";
import { FallbackWriter } from "./fallback-writer.ts";
import { tryFileLock } from "./file-lock.ts";

/** Folder of lines that never reached a router: a run wrote them while its worker did not read. No sink's folder is named so. */
export const OVERFLOW = "%overflow";

/** For `createPipeWriter`: keeps lines in files of the fallback folder, until a router takes them in. */
export function overflowTo(fallbackDirectory: string): (lines: string) => boolean {
  const writer = new FallbackWriter(join(fallbackDirectory, OVERFLOW));
  return (lines) => writer.append(lines).kept;
}

/** What takes lines in. */
export interface TakesLines {
  write(record: LogRecord): void;
  flush(): Promise<void>;
}

/** Brings a router the lines that runs left in files, and tells how many. Never rejects: what fails is tried again next time. */
export async function takeInOverflow(router: TakesLines, fallbackDirectory: string): Promise<number> {
  const directory = join(fallbackDirectory, OVERFLOW);
  const reader = new FallbackReader(directory, parse);
  let count = 0;
  try {
    if ((await reader.backlog()).files === 0) return 0;
    const release = await tryFileLock(join(directory, "replay.lock"));
    if (release === undefined) return 0;
    try {
      for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
        for (const record of chunk.records) router.write(record);
        // Only what sinks or their own files have may be forgotten here.
        await router.flush();
        await chunk.forget();
        count += chunk.records.length;
      }
    } finally {
      await release();
    }
  } catch {
    // The files stay.
  }
  return count;
}

function parse(line: string, place: string): RoutedRecord | undefined {
  const record = readLogLine(line, { bindings: {}, now: Number.NaN });
  return record === undefined ? undefined : { ...record, id: idOf(place) };
}

/** A UUID that is the same each time that the line is read, so that a line that comes twice is stored once. */
function idOf(place: string): string {
  const hex = hash("sha256", place, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
