import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { escapeIdentifier as quoted } from "pg";
import { RowDigest } from "./row-digest.ts";

/** Bytes of COPY text that become one part. */
const PART_BYTES = 4 * 1024 * 1024;

/** A table and the columns that are read; generated ones make themselves. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

/** Reads a table as COPY text in parts of a few MiB. @param take gets each before the next is read; it owns the bytes */
export async function copyOut(
  client: pg.Client,
  { schema, name, columns }: TableName,
  take: (part: Buffer) => Promise<void>,
): Promise<RowDigest> {
  const digest = new RowDigest();
  // A table without columns has rows all the same.
  const list = columns.length === 0 ? "" : `(${columns.map((column) => quoted(column)).join(", ")})`;
  const stream = client.query(copyTo(`COPY ${quoted(schema)}.${quoted(name)} ${list} TO STDOUT`));
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    digest.add(chunk);
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < PART_BYTES) continue;
    await take(Buffer.concat(chunks));
    chunks = [];
    bytes = 0;
  }
  if (bytes > 0) await take(Buffer.concat(chunks));
  return digest;
}
