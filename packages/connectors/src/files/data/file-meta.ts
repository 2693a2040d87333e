import { open, type FileHandle } from "node:fs/promises";
import type { ColumnDefinition } from "@millrace/core";
import type { WrittenAs } from "../format/decoder.ts";
import { changedFile } from "../format/column-stores.ts";

/** Bytes of each row's fingerprint: the beginning of its row hash. */
export const FINGERPRINT_BYTES = 8;
const MAGIC = "MLRM";
const TAIL_BYTES = 8;

/** What is known of a data file: kept beside it, so that it can be read back and compared as it was written. */
export interface FileMeta {
  readonly as: WrittenAs;
  readonly columns: readonly ColumnDefinition[];
  readonly rows: number;
  readonly bytes: number;
  /** Names of the folders below the table's, such as `day=2026-11-21`. */
  readonly folders: readonly string[];
  /** Columns in which all rows have the same value, as canonical text. */
  readonly constants: Readonly<Record<string, string | null>>;
  readonly run: string;
  /** ISO 8601. */
  readonly writtenAt: string;
}

/** What stands behind the fingerprints of the rows, which come in the order of the rows. */
export function metaTail(meta: FileMeta): Uint8Array {
  const json = Buffer.from(JSON.stringify(meta), "utf8");
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32LE(json.length);
  tail.write(MAGIC, 4, "latin1");
  return Buffer.concat([json, tail]);
}

/** Reads a description without the fingerprints. */
export async function readMeta(path: string): Promise<FileMeta> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const tail = await bytesAt(handle, size - TAIL_BYTES, TAIL_BYTES);
    if (size < TAIL_BYTES || tail.toString("latin1", 4) !== MAGIC) throw changedFile(path, "it is cut short");
    const length = tail.readUInt32LE();
    return JSON.parse(
      (await bytesAt(handle, size - TAIL_BYTES - length, length)).toString("utf8"),
    ) as FileMeta;
  } finally {
    await handle.close();
  }
}

/** The fingerprints of rows of the file from `first` on, as latin1 text of eight characters each. */
export async function readFingerprints(path: string, first: number, count: number): Promise<string> {
  const handle = await open(path);
  try {
    return (await bytesAt(handle, first * FINGERPRINT_BYTES, count * FINGERPRINT_BYTES)).toString("latin1");
  } finally {
    await handle.close();
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, length));
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes;
}
