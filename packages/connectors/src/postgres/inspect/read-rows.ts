import type { Row } from "@millrace/core";
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { compileCopyDecoder, type DecodedColumn } from "../codec/copy-decoder.ts";

/**
 * Reads the rows of a SELECT in storage form, a chunk of the network at a time, so that memory stays bounded. The client
 * is busy until the last row is read; leaving the loop early breaks its connection, for COPY has no other way to end.
 * @param columns names (free to choose) and types of the query's columns, in their order.
 */
export async function* readRows(
  client: ClientBase,
  query: string,
  columns: readonly DecodedColumn[],
): AsyncGenerator<Row[]> {
  const decoder = compileCopyDecoder(columns);
  const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
  for await (const chunk of stream) {
    const rows = decoder.push(chunk as Buffer);
    if (rows.length > 0) yield rows;
  }
  decoder.end();
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
