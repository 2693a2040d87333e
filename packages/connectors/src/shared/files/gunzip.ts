import { Readable, pipeline } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { MillraceError } from "@millrace/core";

const PIECE_BYTES = 1 << 18;

/** Whether content starts like gzip. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The first `length` bytes of what is packed in the beginning of a gzip file, and whether that is all.
 * @param whole whether `head` is the whole file
 */
export async function gunzipHead(
  head: Buffer,
  { name, length, whole }: { name: string; length: number; whole: boolean },
): Promise<{ bytes: Buffer; whole: boolean }> {
  const finishFlush = whole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
  const unpacker = createGunzip({ finishFlush, chunkSize: length });
  unpacker.end(head);
  let bytes: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of unpacker as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, piece]);
      if (bytes.length > length) return { bytes: bytes.subarray(0, length), whole: false };
    }
  } catch (error) {
    throw damaged(name, error);
  }
  return { bytes, whole };
}

/** Unpacks gzip with any number of members. Fails with MLR_SOURCE_FORMAT where it is cut short or damaged. */
export async function* gunzip(
  packed: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer, void, void> {
  const unpacker = createGunzip({ chunkSize: PIECE_BYTES });
  const source = Readable.from(packed, { objectMode: true, highWaterMark: 2 });
  pipeline(source, unpacker, () => undefined);
  try {
    for await (const piece of unpacker as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw code.startsWith("Z_") ? damaged(name, error) : error;
  } finally {
    unpacker.destroy();
    source.destroy();
  }
}

function damaged(name: string, cause: unknown): MillraceError {
  const short = cause instanceof Error && "code" in cause && cause.code === "Z_BUF_ERROR";
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    short ? `${name} is cut short: its gzip data ends too early` : `${name} has damaged gzip data`,
    { hint: "Copy or download the file again.", details: { file: name }, cause },
  );
}
