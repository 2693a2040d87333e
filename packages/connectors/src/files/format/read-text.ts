import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Compression } from "../layout-options.ts";

/** The text of a file, piece by piece. */
export async function* readText(path: string, compression: Compression): AsyncGenerator<string, void, void> {
  const decoder = new StringDecoder("utf8");
  for await (const bytes of plainBytes(path, compression)) yield decoder.write(bytes as Buffer);
  yield decoder.end();
}

function plainBytes(path: string, compression: Compression): AsyncIterable<unknown> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (compression === "none") return file;
  const expand = compression === "gzip" ? createGunzip() : createZstdDecompress();
  // A failure of either ends the iteration below with it.
  return pipeline(file, expand, () => undefined);
}
