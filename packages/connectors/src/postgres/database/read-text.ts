import { parseJsonExact, type ColumnType, type ScalarKind } from "@millrace/core";
import { parseArray } from "./parse-array.ts";
import { readingTypeOf } from "./reading-type.ts";
import { utcText } from "./utc-text.ts";

/** Makes a value of the text that the server sends. */
type TextReader = (text: string) => unknown;

const BYTEA_PREFIX = 2;

/** How the text of each scalar type is read; the server is told to write dates as ISO 8601 and times in UTC. */
const READERS: Readonly<Partial<Record<ScalarKind, TextReader>>> = {
  boolean: (text) => text === "t" || text === "true",
  smallint: Number,
  integer: Number,
  bigint: readBigint,
  real: Number,
  double: Number,
  timestamp: (text) => text.replace(" ", "T"),
  timestamptz: utcText,
  json: parseJsonExact,
  bytea: (text) => new Uint8Array(Buffer.from(text.slice(BYTEA_PREFIX), "hex")),
};

const known = new Map<number, TextReader>();

/** How the text of a PostgreSQL type, given by its object id, becomes a value. Types without a counterpart stay text. */
export function textReader(oid: number): TextReader {
  let reader = known.get(oid);
  if (reader === undefined) known.set(oid, (reader = readerOf(readingTypeOf(oid, -1))));
  return reader;
}

function readerOf(type: ColumnType | undefined): TextReader {
  if (type === undefined) return String;
  if (type.kind !== "array") return READERS[type.kind] ?? String;
  const read = READERS[type.of.kind] ?? String;
  return (text) => parseArray(text, read);
}

function readBigint(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
