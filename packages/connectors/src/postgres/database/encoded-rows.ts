import {
  canonicalText,
  parseJsonExact,
  type ColumnDefinition,
  type ColumnType,
  type EncodedOptions,
  type EncodedRows,
  type Row,
  type Sql,
} from "@millrace/core";
import { CopyDecoder } from "../codec/copy-decoder.ts";
import { COPY_BINARY, COPY_HEADER } from "../copy-format.ts";
import { CopyOut, type CopiedRows } from "./copy-out.ts";
import { encodedQuery } from "./encoded-query.ts";
import { leased, type ConnectionLease } from "./stream-rows.ts";

/** What a statement answers, as tuples of a binary COPY. */
export async function* encodedRows(
  lease: ConnectionLease,
  statement: string | Sql,
  { signal }: EncodedOptions = {},
): AsyncGenerator<EncodedRows> {
  const where = `copying from ${lease.location}`;
  yield* leased(lease, { where, signal }, async function* (client, state) {
    const { text, columns } = await encodedQuery(client, statement, where);
    const copy = CopyOut.start(client, text);
    // A COPY has no other end than its own or that of the connection.
    state.unfinished = true;
    let told = false;
    for (let next = await copy.next(); next !== undefined; next = await copy.next()) {
      told = true;
      yield rowsOf(columns, next);
    }
    state.unfinished = false;
    if (!told) yield rowsOf(columns, { bytes: Buffer.alloc(0), count: 0, lastAt: 0 });
  });
}

function rowsOf(columns: readonly ColumnDefinition[], copied: CopiedRows): EncodedRows {
  const { bytes, count, lastAt } = copied;
  return {
    format: COPY_BINARY,
    columns,
    count,
    chunks: [bytes],
    decode: () => decoded(columns, bytes),
    last: () => decoded(columns, bytes.subarray(lastAt))[0],
  };
}

/** The rows as a stream gives them. */
function decoded(columns: readonly ColumnDefinition[], bytes: Buffer): Row[] {
  const decoder = new CopyDecoder(columns);
  decoder.push(COPY_HEADER);
  const rows = decoder.push(bytes);
  const told = columns.flatMap(({ name, type }) => {
    const tell = telling(type);
    return tell === undefined ? [] : [{ name, tell }];
  });
  for (const row of rows) {
    for (const { name, tell } of told) {
      const value = row[name];
      if (value !== null && value !== undefined) row[name] = tell(value);
    }
  }
  return rows;
}

/** Makes the value that a stream gives of the storage form; undefined where they are the same. */
function telling(type: ColumnType): ((stored: unknown) => unknown) | undefined {
  if (type.kind === "array") {
    const each = telling(type.of);
    if (each === undefined) return undefined;
    return (stored) => (stored as readonly unknown[]).map((value) => (value === null ? null : each(value)));
  }
  switch (type.kind) {
    case "json":
      return (stored) => parseJsonExact(String(stored));
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
      return canonicalText(type);
    default:
      return undefined;
  }
}
