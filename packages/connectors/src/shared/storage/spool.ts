import { createHash, randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import { folderFailure } from "./backend/folder-failure.ts";

/** Content to be stored: a text (as UTF-8), bytes, or pieces of bytes such as a stream's. */
export type Content = string | Uint8Array | AsyncIterable<Uint8Array | string>;

/** Content on its way into a storage, in a file of its own. */
export interface Spooled {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Writes content into a file of the folder, durably, and hashes it. Nothing is left where that fails. Fails with MLR_STORAGE_FULL,
 * also where there are more than `maxBytes`, or with what the content's stream fails with.
 */
export async function spool(content: Content, folder: string, maxBytes: number): Promise<Spooled> {
  const file = path.join(folder, randomBytes(12).toString("hex"));
  const hash = createHash("sha256");
  let bytes = 0;
  const handle = await open(file, "wx").catch((error: unknown) => {
    throw folderFailure(error, `writing ${file}`);
  });
  try {
    for await (const piece of piecesOf(content)) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(piece);
      await handle.writeFile(piece).catch((error: unknown) => {
        throw folderFailure(error, `writing ${file}`);
      });
    }
    await handle.sync();
    await handle.close();
    return { file, sha256: hash.digest("hex"), bytes };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
}

async function* piecesOf(content: Content): AsyncGenerator<Uint8Array> {
  if (typeof content === "string") yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else for await (const piece of content) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}

function tooLarge(maxBytes: number): MillraceError {
  return new MillraceError("MLR_STORAGE_FULL", `an object has more than ${maxBytes} bytes`, {
    hint: "Raise maxBytes of the storage, if such objects are meant.",
    retry: "never",
  });
}
