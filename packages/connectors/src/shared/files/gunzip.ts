import { Readable, pipeline } from "node:stream";
import { constants, createGunzip, gunzipSync } from "node:zlib";
import { MillraceError } from "@millrace/core";

const PIECE_BYTES = 1 << 18;

/** Whether content starts like gzip. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** The beginning of what is packed in the beginning of a gzip file. */
export function gunzipHead(head: Uint8Array, name: string): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw damaged(name, error);
  }
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
