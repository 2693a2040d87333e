import type { ColumnType, ScalarKind, ScalarType } from "@millrace/core";
import { canonicalSqlText } from "./canonical-sql-text.ts";
import { sqlType } from "./sql-type.ts";

/** Exact numbers of rising width. */
const WHOLE: readonly ScalarKind[] = ["smallint", "integer", "bigint"];
/** Decimal digits that each needs. */
const WHOLE_DIGITS: Partial<Record<ScalarKind, number>> = { smallint: 5, integer: 10, bigint: 19 };

/**
 * The SQL expression that turns `expression` of one type into another with the same canonical text; undefined where the
 * other type does not hold every value.
 */
export function convert(expression: string, from: ColumnType, to: ColumnType): string | undefined {
  if (from.kind === "array") return convertArray(expression, from.of, to);
  switch (to.kind) {
    case "array":
      return undefined;
    case "text":
      return canonicalSqlText(expression, from);
    case "json":
      return toJson(expression, from);
    case "numeric":
      return toNumeric(expression, from, to);
    case "double":
      return ["smallint", "integer", "real"].includes(from.kind) ? cast(expression, to) : undefined;
    case "timestamp":
      return from.kind === "date" ? cast(expression, to) : undefined;
    default:
      return isWiderWhole(from, to) ? cast(expression, to) : undefined;
  }
}

/**
 * The condition, over the converted column, of the rows whose hash the conversion changes: JSON strings that look like
 * other JSON are hashed with their quotes, texts are hashed without.
 */
export function hashesChangedBy(column: string, from: ColumnType, to: ColumnType): string | undefined {
  if (to.kind !== "json" || !isTextInJson(from)) return undefined;
  // Wider than JavaScript's test on purpose: what counts as white space differs, and hashing again does no harm.
  return `jsonb_typeof(${column}) = 'string' AND (${column} #>> '{}') ~ '^([-0-9"{\\[]|true|false|null|[^!-~])'`;
}

function isTextInJson(type: ColumnType): boolean {
  return !["array", "json", "boolean", "smallint", "integer", "bigint"].includes(type.kind);
}

function cast(expression: string, to: ColumnType): string {
  return `(${expression})::${sqlType(to)}`;
}

function isWiderWhole(from: ScalarType, to: ScalarType): boolean {
  const before = WHOLE.indexOf(from.kind);
  return before >= 0 && WHOLE.indexOf(to.kind) > before;
}

function toNumeric(expression: string, from: ScalarType, to: ScalarType): string | undefined {
  if (to.precision === undefined) {
    if (from.kind === "real" || from.kind === "double") return floatAsNumeric(expression);
    return from.kind === "numeric" || WHOLE.includes(from.kind) ? cast(expression, to) : undefined;
  }
  const scale = to.scale ?? 0;
  const whole = WHOLE_DIGITS[from.kind];
  if (whole !== undefined) return to.precision - scale >= whole ? cast(expression, to) : undefined;
  if (from.kind !== "numeric" || from.precision === undefined) return undefined;
  const fits = scale >= (from.scale ?? 0) && to.precision - scale >= from.precision - (from.scale ?? 0);
  return fits ? cast(expression, to) : undefined;
}

/** By way of the text, which has the digits that tell the double apart; a direct cast rounds to 15. */
function floatAsNumeric(expression: string): string {
  return `((${expression})::double precision)::text::numeric`;
}

function toJson(expression: string, from: ScalarType): string | undefined {
  switch (from.kind) {
    case "boolean":
    case "smallint":
    case "integer":
    case "bigint":
      return `to_jsonb(${expression})`;
    case "numeric":
      return `to_jsonb(trim_scale(${expression}))`;
    case "real":
    case "double":
      return `to_jsonb(trim_scale(${floatAsNumeric(expression)}))`;
    case "json":
      return undefined;
    default:
      return `to_jsonb(${canonicalSqlText(expression, from)})`;
  }
}

/** Elements are converted by casts alone, since a change of type takes no subquery. */
function convertArray(expression: string, from: ScalarType, to: ColumnType): string | undefined {
  const wholeOrText = WHOLE.includes(from.kind) || from.kind === "text" || from.kind === "boolean";
  if (to.kind === "json") return wholeOrText || from.kind === "json" ? `to_jsonb(${expression})` : undefined;
  if (to.kind !== "array") return undefined;
  const wider =
    isWiderWhole(from, to.of) ||
    (to.of.kind === "numeric" && to.of.precision === undefined && WHOLE.includes(from.kind)) ||
    (to.of.kind === "double" && ["smallint", "integer", "real"].includes(from.kind));
  return wider ? cast(expression, to) : undefined;
}
