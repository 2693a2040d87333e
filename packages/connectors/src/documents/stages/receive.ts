import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { MillraceError } from "@millrace/core";

/** What a file is, by its content. */
export interface ReceivedFile {
  readonly sha256: string;
  readonly size: number;
  /** In ms since 1970. */
  readonly modified: number;
}

/**
 * Reads a file once. Fails with MLR_SOURCE_CHANGED where it is still being written, MLR_SOURCE_LIMIT where it is larger than
 * `most`, MLR_SOURCE_NOT_FOUND or MLR_SOURCE_DENIED.
 */
export async function receive(
  file: Buffer,
  { name, most, signal }: { readonly name: string; readonly most: number; readonly signal: AbortSignal },
): Promise<ReceivedFile> {
  const before = await look(file, name);
  if (before.size > most) {
    throw new MillraceError(
      "MLR_SOURCE_LIMIT",
      `${name} has ${before.size} bytes, more than the ${most} that are allowed`,
      {
        hint: "Raise `limits.bytes`, if documents may be as large.",
      },
    );
  }
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file, { signal, highWaterMark: 1 << 18 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw fileFailure(name, error);
  }
  await unchanged(file, name, before);
  return { sha256: hash.digest("hex"), ...before };
}

/** Fails with MLR_SOURCE_CHANGED where a file is another one than it was. */
export async function unchanged(
  file: Buffer,
  name: string,
  before: { readonly size: number; readonly modified: number },
): Promise<void> {
  const after = await look(file, name);
  if (after.size === before.size && after.modified === before.modified) return;
  throw new MillraceError("MLR_SOURCE_CHANGED", `${name} was changed while it was read`, {
    hint: "It is read again when it stays the same. Write files under another name or elsewhere, and rename them into the inbox.",
  });
}

async function look(file: Buffer, name: string): Promise<{ size: number; modified: number }> {
  try {
    const { size, mtimeMs } = await stat(file);
    return { size, modified: mtimeMs };
  } catch (error) {
    throw fileFailure(name, error);
  }
}

function fileFailure(name: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") {
    return new MillraceError("MLR_SOURCE_NOT_FOUND", `${name} is gone`, {
      hint: "Somebody took it out of its folder. Put it into the inbox to have it read.",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new MillraceError("MLR_SOURCE_DENIED", `${name} may not be read: ${message}`, {
      hint: "The user that Millrace runs as has to be able to read it. Then: millrace documents reprocess.",
      cause: error,
    });
  }
  return error;
}
