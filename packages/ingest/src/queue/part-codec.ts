import { deserialize, serialize } from "node:v8";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { BatchPart } from "../landing/submission.ts";

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

/** A part as bytes: whatever values its rows have come back as they were. */
export async function packPart(part: BatchPart): Promise<Buffer> {
  // A structured clone keeps big integers and bytes, which JSON does not.
  return pack(serialize(part));
}

/** The part that `packPart` made bytes of. */
export async function unpackPart(bytes: Buffer): Promise<BatchPart> {
  return deserialize(await unpack(bytes)) as BatchPart;
}
