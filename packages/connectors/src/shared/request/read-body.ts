import { promisify } from "node:util";
import zlib from "node:zlib";
import { MillraceError } from "@millrace/core";
import type { Dispatcher } from "undici";
import { ACCEPTED_ENCODINGS } from "./accepted-encodings.ts";

type Body = Dispatcher.ResponseData["body"];

/** How a body is compressed → what undoes it. `deflate` comes with and without its header. */
const DECODERS: Readonly<
  Record<string, (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(zlib.gunzip),
  "x-gzip": promisify(zlib.gunzip),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
  deflate: (data, options) =>
    ((data[0] ?? 0) & 0x0f) === 8
      ? promisify(zlib.inflate)(data, options)
      : promisify(zlib.inflateRaw)(data, options),
};

/** Reads a whole body whose length is known and allowed: the client fails where it is another one. */
export async function wholeBody(body: Body): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = await body.bytes();
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The limit of a body. */
export interface BodyLimit {
  readonly maxBytes: number;
  /** The option that says so. */
  readonly option: string;
  /** For errors. */
  readonly where: () => string;
}

/** Reads a whole body, at most `maxBytes`. Fails with MLR_SOURCE_LIMIT beyond. */
export function collectBody(body: Body, limit: BodyLimit): Promise<Buffer> {
  const { maxBytes } = limit;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    body.on("data", (piece: Buffer) => {
      size += piece.length;
      if (size <= maxBytes) pieces.push(piece);
      else body.destroy(tooLarge(limit));
    });
    body.on("end", () =>
      resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)),
    );
    body.on("error", reject);
    body.on("close", () => reject(new Error("the connection was closed in the middle of the answer")));
  });
}

/** Undoes the compression that the header `content-encoding` tells. Fails with MLR_SOURCE_LIMIT or MLR_SOURCE_FORMAT. */
export async function decompress(
  data: Buffer,
  encoding: string | undefined,
  limit: BodyLimit,
): Promise<Buffer> {
  const names = (encoding ?? "").split(",").map((name) => name.trim().toLowerCase());
  const { maxBytes, where } = limit;
  let current = data;
  for (const name of names.toReversed()) {
    if (name === "" || name === "identity" || current.length === 0) continue;
    const decode = DECODERS[name];
    if (decode === undefined) {
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `${where()} is compressed as "${name}", which is not known`,
        {
          hint: `Known are: ${ACCEPTED_ENCODINGS}.`,
        },
      );
    }
    try {
      current = await decode(current, { maxOutputLength: maxBytes });
    } catch (error) {
      if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
      throw new MillraceError("MLR_SOURCE_FORMAT", `${where()} is no valid ${name}: ${String(error)}`, {
        hint: "The answer was cut short or damaged on its way.",
        retry: "later",
        cause: error,
      });
    }
  }
  return current;
}

function tooLarge({ where, maxBytes, option }: BodyLimit): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${where()} has more than ${maxBytes} bytes`, {
    hint: `Ask for less at once, or raise the option \`${option}\`.`,
    details: { maxBytes },
  });
}
