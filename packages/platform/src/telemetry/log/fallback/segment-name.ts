import { isAlive } from "../../../embedded/postmaster.ts";
import { newRunId } from "../../../store/run-id.ts";

/** What the name of a file of fallback lines says. */
export interface SegmentName {
  readonly file: string;
  /** Sorts by the time it was made. */
  readonly id: string;
  /** The process that made it. */
  readonly pid: number;
  /** True while that process may still write to it. */
  readonly open: boolean;
}

const PATTERN = /^([\da-f-]{36})-(\d+)\.(open\.)?ndjson$/;

/** The name of a new segment of this process. */
export function newSegmentName(): SegmentName {
  const id = newRunId();
  return { file: `${id}-${process.pid}.open.ndjson`, id, pid: process.pid, open: true };
}

/** The name that a segment gets when nobody writes to it any more. */
export function closedName(file: string): string {
  return file.replace(/\.open\.ndjson$/, ".ndjson");
}

/** Undefined where `file` is no segment. */
export function parseSegmentName(file: string): SegmentName | undefined {
  const match = PATTERN.exec(file);
  if (match === null) return undefined;
  return { file, id: match[1] ?? "", pid: Number(match[2]), open: match[3] !== undefined };
}

/** Ids of the segments that this process writes to: its pid alone says nothing, a container gives every process the same. */
export const WRITTEN_HERE = new Set<string>();

/** Whether a living process may still write to the segment. */
export function isWrittenTo({ id, pid, open }: SegmentName): boolean {
  if (!open) return false;
  return pid === process.pid ? WRITTEN_HERE.has(id) : isAlive(pid);
}
