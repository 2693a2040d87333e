import { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import type { FastifyReply } from "fastify";
import { arrowBytes } from "./arrow-bytes.ts";
import { csvText } from "./csv-text.ts";
import { type DataFormat, FORMAT_TYPES } from "./format-of.ts";
import { parquetBytes } from "./parquet-bytes.ts";
import { type ExportRequest, rowStream } from "./row-stream.ts";

type Chunks = AsyncGenerator<string | Uint8Array>;

/** Sends all rows in a format while they are read: as fast as the client takes them, in constant memory. */
export async function sendExport(
  reply: FastifyReply,
  format: Exclude<DataFormat, "json">,
  asked: ExportRequest,
): Promise<FastifyReply> {
  if (asked.query.after !== undefined || asked.query.count !== "none") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"after" and "count" are for pages of JSON, not for ${format}`,
      {
        hint: "An export has all rows that its conditions leave, or the first ones by limit.",
      },
    );
  }
  const chunks = ENCODERS[format](asked);
  // What can be refused is, before the answer has begun.
  const first = await chunks.next();
  const extension = format === "ndjson" ? "ndjson" : format;
  reply.type(format === "csv" ? `${FORMAT_TYPES.csv}; charset=utf-8; header=present` : FORMAT_TYPES[format]);
  reply.header("cache-control", "private, no-store");
  reply.header("content-disposition", `attachment; filename="${asked.grant.exposure.name}.${extension}"`);
  return reply.send(
    Readable.from(counted(first, chunks, asked), { objectMode: false, highWaterMark: 64 * 1024 }),
  );
}

const ENCODERS: Readonly<Record<Exclude<DataFormat, "json">, (asked: ExportRequest) => Chunks>> = {
  ndjson: ndjsonText,
  csv: csvText,
  parquet: parquetBytes,
  arrow: arrowBytes,
};

async function* ndjsonText(asked: ExportRequest): Chunks {
  for await (const rows of rowStream(asked, asked.query.exactNumbers)) {
    // A row may hold line breaks between the values of a json column, where they mean nothing.
    yield `${rows.map((row) => row.replace(/[\r\n]+/g, " ")).join("\n")}\n`;
  }
}

async function* counted(
  first: IteratorResult<string | Uint8Array>,
  rest: Chunks,
  asked: ExportRequest,
): Chunks {
  let bytes = 0;
  let status = 500;
  try {
    if (first.done !== true) {
      bytes += first.value.length;
      yield first.value;
    }
    for await (const chunk of rest) {
      bytes += chunk.length;
      yield chunk;
    }
    status = 200;
  } finally {
    await rest.return(undefined);
    const { service, caller, grant, signal } = asked;
    service.usage.add({
      caller,
      table: grant.exposure.name,
      status: signal.aborted ? 499 : status,
      bytes,
      cached: false,
    });
  }
}
