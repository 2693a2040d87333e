import { pipeline } from "node:stream";
import type { Readable } from "node:stream";
import zlib from "node:zlib";
import { MillraceError } from "@millrace/core";
import { ACCEPTED_ENCODINGS } from "./accepted-encodings.ts";

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(),
};

/** What is known of a body. */
export interface BodyFacts {
  /** Header `content-encoding`. */
  readonly encoding: string | undefined;
  readonly maxBytes: number;
  /** The option that says so. */
  readonly option: string;
  /** For errors. */
  readonly where: string;
}

/**
 * The pieces of a body, decompressed, at most `maxBytes` of them. Fails with MLR_SOURCE_LIMIT beyond, and with
 * MLR_SOURCE_FORMAT where it is compressed otherwise than it says.
 */
export async function* receiveBody(body: Readable, facts: BodyFacts): AsyncGenerator<Buffer, void, void> {
  const { maxBytes, option, where } = facts;
  let size = 0;
  try {
    for await (const piece of decompressed(body, facts)) {
      size += piece.length;
      if (size > maxBytes) {
        throw new MillraceError("MLR_SOURCE_LIMIT", `${where} has more than ${maxBytes} bytes`, {
          hint: `Ask for less at once, for instance with \`paginate\`, or raise the option \`${option}\`.`,
          details: { maxBytes },
        });
      }
      yield piece;
    }
  } finally {
    body.on("error", () => undefined).destroy();
  }
}

async function* decompressed(
  body: Readable,
  { encoding, where }: BodyFacts,
): AsyncGenerator<Buffer, void, void> {
  const names = (encoding ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  let stream: Readable = body;
  let lost: Error | undefined;
  body.once("error", (error: Error) => (lost ??= error));
  for (const name of names.toReversed()) {
    const decoder = DECODERS[name]?.();
    if (decoder === undefined) {
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `${where} is compressed as "${name}", which is not known`,
        {
          hint: `Known are: ${ACCEPTED_ENCODINGS}.`,
        },
      );
    }
    pipeline(stream, decoder, () => undefined);
    stream = decoder;
  }
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    // What broke the connection tells more than what that did to the decompression.
    if (names.length === 0 || lost !== undefined) throw lost ?? error;
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where} is no valid ${names.join(", ")}: ${String(error)}`,
      {
        hint: "The answer was cut short or damaged on its way.",
        retry: "later",
        cause: error,
      },
    );
  }
}
