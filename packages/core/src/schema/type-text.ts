import { MillraceError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { SCALAR_KINDS, type ColumnType, type ScalarKind, type ScalarType } from "./column-type.ts";

/** Other spellings that are understood, as the SQL standard, PostgreSQL and everyday speech have them. */
const ALIASES: Readonly<Record<string, ScalarKind>> = {
  bool: "boolean",
  int2: "smallint",
  int: "integer",
  int4: "integer",
  int8: "bigint",
  decimal: "numeric",
  number: "numeric",
  float4: "real",
  float: "double",
  float8: "double",
  "double precision": "double",
  string: "text",
  varchar: "text",
  "character varying": "text",
  "time without time zone": "time",
  datetime: "timestamp",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  jsonb: "json",
  bytes: "bytea",
  binary: "bytea",
  blob: "bytea",
};

const KINDS: ReadonlyMap<string, ScalarKind> = new Map([
  ...SCALAR_KINDS.map((kind) => [kind, kind] as const),
  ...Object.entries(ALIASES),
]);

/** Digits a numeric may have, as in PostgreSQL. */
const MAX_PRECISION = 1000;

/**
 * Reads a type as people write it: `integer`, `numeric(12,2)`, `text[]`, `timestamp with time zone`, …; case and
 * extra spaces do not matter. Fails with MLR_SCHEMA_INVALID, naming the type that was likely meant.
 */
export function parseColumnType(text: string): ColumnType {
  const words = text.trim().toLowerCase().replace(/\s+/g, " ");
  const element = /^(.*?) ?\[ ?\]$/.exec(words)?.[1];
  if (element === undefined) return parseScalar(words, text);
  if (element.endsWith("]")) {
    throw invalid(text, "arrays have one dimension", 'Use "json" for nested arrays.');
  }
  return { kind: "array", of: parseScalar(element, text) };
}

function parseScalar(words: string, text: string): ScalarType {
  const parts = /^([^()]*?) ?(?:\(([^()]*)\))?$/.exec(words);
  const name = parts?.[1] ?? words;
  const kind = KINDS.get(name);
  if (kind === undefined) throw unknown(name, text);
  const inside = parts?.[2];
  if (inside === undefined) return { kind };
  if (kind !== "numeric") {
    const hint =
      kind === "text" ? "Text has no limit here: leave the number out." : "Leave the parentheses out.";
    throw invalid(text, `${kind} takes nothing in parentheses`, hint);
  }
  return numericType(inside, text);
}

function numericType(inside: string, text: string): ScalarType {
  const numbers = /^ ?(\d{1,4}) ?(?:, ?(\d{1,4}) ?)?$/.exec(inside);
  const precision = Number(numbers?.[1]);
  const scale = Number(numbers?.[2] ?? 0);
  if (numbers === null || precision < 1 || precision > MAX_PRECISION || scale > precision) {
    const hint = `Write numeric(digits, digits after the point), such as numeric(12,2); at most ${MAX_PRECISION} digits.`;
    throw invalid(text, "its digits are not a precision and a scale", hint);
  }
  return { kind: "numeric", precision, scale };
}

function unknown(name: string, text: string): MillraceError {
  const guess = nearest(name, [...KINDS.keys()]);
  const list = `The types are ${SCALAR_KINDS.join(", ")}, and arrays of these such as text[].`;
  return invalid(
    text,
    "there is no such type",
    guess === undefined ? list : `Did you mean "${guess}"? ${list}`,
  );
}

function invalid(text: string, why: string, hint: string): MillraceError {
  return new MillraceError("MLR_SCHEMA_INVALID", `"${text}" cannot be the type of a column: ${why}`, {
    hint,
    details: { type: text },
  });
}

/** The type as `parseColumnType` reads it: `numeric(12,2)`, `text[]`. */
export function formatColumnType(type: ColumnType): string {
  if (type.kind === "array") return `${formatColumnType(type.of)}[]`;
  return type.precision === undefined ? type.kind : `${type.kind}(${type.precision},${type.scale ?? 0})`;
}

/** Whether two types are the same, also in precision and scale. */
export function sameType(a: ColumnType, b: ColumnType): boolean {
  if (a === b) return true;
  if (a.kind === "array" || b.kind === "array") {
    return a.kind === "array" && b.kind === "array" && sameType(a.of, b.of);
  }
  return a.kind === b.kind && a.precision === b.precision && (a.scale ?? 0) === (b.scale ?? 0);
}
