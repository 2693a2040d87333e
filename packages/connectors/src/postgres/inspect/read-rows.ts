import type { Row } from "@millrace/core";
import { finished } from "node:stream/promises";
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { CopyDecoder, type DecodedColumn } from "../codec/copy-decoder.ts";

/**
 * Reads the rows of a SELECT in storage form, a chunk of the network at a time, so that memory stays bounded. The client
 * is busy until the last row is read; leaving the loop early reads the rest and throws it away, for a COPY ends no other way.
 * @param columns names (free to choose) and types of the query's columns, in their order.
 */
export async function* readRows(
  client: ClientBase,
  query: string,
  columns: readonly DecodedColumn[],
): AsyncGenerator<Row[]> {
  const decoder = new CopyDecoder(columns);
  const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
  let broken = false;
  stream.once("error", () => (broken = true));
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const rows = decoder.push(chunk as Buffer);
      if (rows.length > 0) yield rows;
    }
    decoder.end();
  } finally {
    if (!stream.readableEnded && !broken) await finished(stream.resume()).catch(() => undefined);
  }
}

/** All rows of a SELECT that gives few. */
export async function readAllRows(
  client: ClientBase,
  query: string,
  columns: readonly DecodedColumn[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const more of readRows(client, query, columns)) rows.push(...more);
  return rows;
}
