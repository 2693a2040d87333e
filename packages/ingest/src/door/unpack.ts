import { pipeline, Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { MillraceError } from "@millrace/core";
import { limitError } from "./parts.ts";
import type { PushLimits } from "./push-limits.ts";
import { invalid } from "./read-lines.ts";

const UNPACKERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * A body as it was before it was packed, within the limits on size and on silence: what is packed small and large unpacked is
 * unpacked no further than it is read. Fails with MLR_PUSH_INVALID or MLR_PUSH_LIMIT.
 */
export async function* unpack(
  body: Readable,
  encoding: string | undefined,
  limits: PushLimits,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of unpacked(noticeSilence(body, limits.idleMs), encoding)) {
      bytes += chunk.length;
      if (bytes > limits.bodyBytes)
        throw limitError(`A body has at most ${limits.bodyBytes} bytes`, { bytes: limits.bodyBytes });
      yield chunk;
    }
  } catch (error) {
    throw bodyError(error, encoding);
  }
}

function bodyError(error: unknown, encoding: string | undefined): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (/^(Z_|ERR__|ERROR_|ZSTD)/i.test(code))
    return invalid(`The body is no valid ${encoding ?? "text"}: ${code}`, "Check Content-Encoding.");
  return new MillraceError("MLR_PUSH_INVALID", "The sender went away before the body was complete", {
    hint: "Send it again with the same batch id.",
    cause: error,
  });
}

function unpacked(body: AsyncIterable<Buffer>, encoding: string | undefined): AsyncIterable<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "" || name === "identity") return body;
  const make = Object.hasOwn(UNPACKERS, name) ? UNPACKERS[name] : undefined;
  if (make === undefined) {
    throw new MillraceError("MLR_PUSH_INVALID", `Content-Encoding "${name.slice(0, 40)}" is not known`, {
      hint: `Send one of ${Object.keys(UNPACKERS).join(", ")}, or none.`,
      details: { status: 415 },
    });
  }
  // Errors of the one are errors of the other, which is what is read.
  return pipeline(Readable.from(body, { objectMode: false }), make(), () => undefined);
}

/** Gives a body up of which nothing comes for too long while somebody waits for it; who sent it is still answered. */
async function* noticeSilence(body: Readable, idleMs: number): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(silent(idleMs)), idleMs);
    const next = await Promise.race([chunks.next(), expired]).finally(() => clearTimeout(timer));
    if (next.done === true) return;
    yield next.value;
  }
}

function silent(idleMs: number): MillraceError {
  return new MillraceError("MLR_PUSH_LIMIT", `Nothing of the body came for ${idleMs / 1_000} s`, {
    hint: "Send it again with the same batch id.",
    details: { status: 408 },
  });
}
