import { pipeline } from "node:stream";
import type { Readable } from "node:stream";
import zlib from "node:zlib";
import { MillraceError } from "@millrace/core";

/** Compressions that servers are told we understand. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br, zstd";

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
export async function* receive(
  body: Readable,
  { encoding, maxBytes, option, where }: BodyFacts,
): AsyncGenerator<Buffer, void, void> {
  const names = (encoding ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  let stream: Readable = body;
  let broken: Error | undefined;
  for (const name of names.toReversed()) {
    const make = DECODERS[name];
    if (make === undefined) {
      body.on("error", () => undefined).destroy();
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `${where} is compressed as "${name}", which is not known`,
        {
          hint: `Known are: ${ACCEPTED_ENCODINGS}.`,
        },
      );
    }
    const from = stream;
    const decoder = make();
    from.once("error", (error: Error) => (broken ??= error));
    pipeline(from, decoder, () => undefined);
    stream = decoder;
  }
  let size = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBytes) {
        throw new MillraceError("MLR_SOURCE_LIMIT", `${where} has more than ${maxBytes} bytes`, {
          hint: `Ask for less at once, for instance with \`paginate\`, or raise the option \`${option}\`.`,
          details: { maxBytes },
        });
      }
      yield piece;
    }
  } catch (error) {
    if (error instanceof MillraceError || names.length === 0) throw error;
    if (broken !== undefined) throw broken;
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where} is no valid ${names.join(", ")}: ${String(error)}`,
      {
        hint: "The answer was cut short or damaged on its way.",
        retry: "later",
        cause: error,
      },
    );
  } finally {
    body.on("error", () => undefined).destroy();
  }
}
