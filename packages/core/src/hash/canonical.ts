import { formatDate, formatTime, formatTimestamp, formatTimestamptz } from "../schema/calendar.ts";
import type { ColumnType, ScalarKind } from "../schema/column-type.ts";
import { canonicalDecimal } from "../schema/decimal.ts";
import { elementsOf } from "./json-elements.ts";

export { canonicalJson } from "./canonical-json.ts";

/** Gives the canonical text of a value in storage form. */
export type CanonicalText = (stored: unknown) => string;

/** Texts of JSON values that are no strings: a string of such a text keeps its quotes, so that they stay apart. */
const LIKE_JSON = /^(?:-?\d+(?:\.\d+)?$|(?:true|false|null)$|["{[])/;

const SCALARS: Readonly<Record<ScalarKind, CanonicalText>> = {
  boolean: String,
  smallint: String,
  integer: String,
  bigint: String,
  numeric: String,
  real: floatText,
  double: floatText,
  text: String,
  uuid: String,
  interval: String,
  date: (value) => formatDate(value as number),
  time: (value) => formatTime(value as number),
  timestamp: (value) => formatTimestamp(value as number | bigint),
  timestamptz: (value) => formatTimestamptz(value as number | bigint),
  json: (value) => jsonText(value as string),
  bytea: (value) => hexText(value as Uint8Array),
};

/**
 * The canonical text of values of a type: what the row hash covers (docs/reference/row-hash.md), and what a value becomes
 * when its column is widened to text. The same value has the same text in each type that holds it.
 * @param unordered leave the order of the elements of arrays out.
 */
export function canonicalText(type: ColumnType, unordered = false): CanonicalText {
  if (type.kind === "array") {
    const element = elementText(type.of.kind);
    return (value) => arrayText(value as readonly unknown[], element, unordered);
  }
  if (type.kind === "json" && unordered) return (value) => jsonText(sortElements(value as string));
  return SCALARS[type.kind];
}

function floatText(value: unknown): string {
  return canonicalDecimal(value as number) ?? String(value);
}

/** `\x` and lower-case hex, as PostgreSQL writes it. */
function hexText(value: Uint8Array): string {
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
}

/** A JSON string on its own is written raw, so that a text column widened to JSON keeps its texts. */
function jsonText(stored: string): string {
  if (stored.charCodeAt(0) !== 34) return stored;
  const raw = JSON.parse(stored) as string;
  return LIKE_JSON.test(raw) ? stored : raw;
}

function arrayText(values: readonly unknown[], element: CanonicalText, unordered: boolean): string {
  const texts = values.map((value) => (value === null || value === undefined ? "null" : element(value)));
  return `[${(unordered ? texts.sort() : texts).join(",")}]`;
}

/** Elements are written as they stand in JSON: numbers, booleans and JSON as they are, everything else as a string. */
function elementText(kind: ScalarKind): CanonicalText {
  const text = SCALARS[kind];
  switch (kind) {
    case "boolean":
    case "smallint":
    case "integer":
    case "bigint":
      return text;
    case "json":
      return String;
    case "numeric":
    case "real":
    case "double":
      return (value) => quoteUnlessFinite(text(value));
    default:
      return (value) => JSON.stringify(text(value));
  }
}

function quoteUnlessFinite(text: string): string {
  return text === "NaN" || text.endsWith("Infinity") ? `"${text}"` : text;
}

/** Canonical JSON whose top-level array, if it is one, has its elements in the order of their texts. */
function sortElements(stored: string): string {
  const elements = elementsOf(stored);
  return elements === undefined ? stored : `[${elements.sort().join(",")}]`;
}
