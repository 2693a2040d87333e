import { createReadStream } from "node:fs";
import { pipeline, type Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { MillraceError, type Message, type ReadContext } from "@millrace/core";
import type { BatchRequest } from "./batch-request.ts";
import { LineBlocks } from "./line-blocks.ts";
import type { SingerReading } from "./singer-reading.ts";

/** What reading the files of a BATCH message needs. */
export interface BatchReading {
  readonly reading: SingerReading;
  readonly context: Pick<ReadContext, "directory" | "signal">;
  readonly maxLineBytes: number;
}

/** The rows of the files that a BATCH message names. Fails with MLR_SOURCE_NOT_FOUND, MLR_SOURCE_FORMAT or MLR_ARGUMENT_INVALID. */
export async function* readBatchFiles(request: BatchRequest, batch: BatchReading): AsyncGenerator<Message> {
  for (const file of request.files) yield* readFile(file, request, batch);
}

async function* readFile(
  name: string,
  request: BatchRequest,
  { reading, context, maxLineBytes }: BatchReading,
): AsyncGenerator<Message> {
  const file = localPath(name, context.directory);
  const blocks = new LineBlocks(file, maxLineBytes);
  const records = reading.recordsOf(file, request);
  try {
    for await (const piece of unpacked(file, request.compression)) {
      if (context.signal.aborted) return;
      const block = blocks.push(piece);
      if (block !== undefined) yield* records.take(block);
    }
  } catch (error) {
    throw explained(error, file);
  }
  const last = blocks.end();
  if (last !== undefined) yield* records.take(last);
}

function unpacked(file: string, compression: BatchRequest["compression"]): AsyncIterable<Buffer> {
  const packed = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (compression === "none") return packed;
  const unpack: Duplex = compression === "gzip" ? createGunzip() : createZstdDecompress();
  // An error on either side comes out of the iteration.
  return pipeline(packed, unpack, () => undefined);
}

function localPath(name: string, directory: string): string {
  if (name.startsWith("file:")) return fileURLToPath(name);
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return path.resolve(directory, name);
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `a BATCH message names ${name}, and only local files are read`,
    {
      hint: "Let the tap write its batches to a folder of this machine: batch_config.storage.root: file:///…",
      details: { file: name },
    },
  );
}

function explained(error: unknown, file: string): unknown {
  if (error instanceof MillraceError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" || code === "EACCES" || code === "EISDIR") {
    return new MillraceError(
      "MLR_SOURCE_NOT_FOUND",
      `${file}, which a BATCH message names, cannot be read: ${code}`,
      {
        hint: "The files have to be there until their rows are committed, on the machine that Millrace runs on.",
        details: { file },
        cause: error,
      },
    );
  }
  return new MillraceError("MLR_SOURCE_FORMAT", `${file}, which a BATCH message names: ${String(error)}`, {
    hint: "Check that the file is whole, and compressed as the message's encoding says.",
    details: { file },
    cause: error,
  });
}
