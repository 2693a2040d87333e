import { open, readFile, truncate } from "node:fs/promises";
import path from "node:path";
import { decodeRecord, HEADER_BYTES } from "./record.ts";

/** A file of the journal. */
export interface Segment {
  readonly file: string;
  /** Number of its first record. */
  readonly first: number;
  /** Whole records in it. */
  records: number;
  bytes: number;
}

const NAME = /^(\d{16})\.journal$/;

/** The name of the segment whose first record has this number. */
export function segmentFile(directory: string, first: number): string {
  return path.join(directory, `${String(first).padStart(16, "0")}.journal`);
}

/** The number of the first record of a file, or undefined for a file that is none of the journal. */
export function firstOf(name: string): number | undefined {
  const found = NAME.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * Looks at all records of a file, and cuts off what is behind the last good one: a record that was being written when the
 * process or the machine died, or what a disk has damaged.
 * @returns the segment, and the bytes that were cut off
 */
export async function recoverSegment(
  file: string,
  first: number,
): Promise<{ segment: Segment; lost: number }> {
  const bytes = await readFile(file);
  let at = 0;
  let records = 0;
  for (;;) {
    const found = decodeRecord(bytes, at, first + records);
    if (typeof found === "string") break;
    at = found.end;
    records++;
  }
  if (at < bytes.length) await truncate(file, at);
  return { segment: { file, first, records, bytes: at }, lost: bytes.length - at };
}

/** Where a record begins in a segment. */
export async function offsetOf(segment: Segment, number: number): Promise<number> {
  const handle = await open(segment.file, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    let at = 0;
    for (let each = segment.first; each < number; each++) {
      await handle.read(header, 0, HEADER_BYTES, at);
      at += HEADER_BYTES + header.readUInt32LE(0);
    }
    return at;
  } finally {
    await handle.close();
  }
}
