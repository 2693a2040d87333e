import { crc32 } from "node:zlib";

/** Bytes before each payload: its length, a checksum of number and payload, and the number. */
export const HEADER_BYTES = 16;

/** A record as it is read back. */
export interface JournalRecord {
  /** Counts up by one from record to record, over restarts too. */
  readonly number: number;
  readonly payload: Uint8Array;
}

/** The bytes of a record. */
export function encodeRecord({ number, payload }: JournalRecord): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.byteLength);
  bytes.writeUInt32LE(payload.byteLength, 0);
  bytes.writeBigUInt64LE(BigInt(number), 8);
  bytes.set(payload, HEADER_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/**
 * The record that begins at `at`. `cut`: there are too few bytes for it. `damaged`: its checksum or its number is wrong.
 * @param expected the number that it has to have
 */
export function decodeRecord(
  bytes: Buffer,
  at: number,
  expected: number,
): { readonly record: JournalRecord; readonly end: number } | "cut" | "damaged" {
  if (at + HEADER_BYTES > bytes.length) return "cut";
  const end = at + HEADER_BYTES + bytes.readUInt32LE(at);
  if (end > bytes.length) return "cut";
  const number = Number(bytes.readBigUInt64LE(at + 8));
  if (number !== expected || crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4))
    return "damaged";
  return { record: { number, payload: bytes.subarray(at + HEADER_BYTES, end) }, end };
}
