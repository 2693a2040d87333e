import { canonicalJsonText, MillraceError } from "@millrace/core";
import { quoteText } from "../server/quote.ts";

/**
 * A value as an expression that means exactly it. ClickHouse 18.16 has no parameters of statements, so values are written
 * into the text: quoted, or as hex digits, so that nothing in them can be read as SQL.
 */
export function literalValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoteText(value);
    case "boolean":
      return value ? "1" : "0";
    case "bigint":
      return value < -(2n ** 63n) || value >= 2n ** 64n ? quoteText(String(value)) : String(value);
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : float(value);
    case "undefined":
      return "NULL";
    default:
      return value === null ? "NULL" : objectLiteral(value);
  }
}

function objectLiteral(value: unknown): string {
  if (value instanceof Uint8Array) return `unhex('${Buffer.from(value).toString("hex")}')`;
  if (value instanceof Date) {
    const ms = value.getTime();
    if (ms % 1_000 === 0) return `toDateTime(${ms / 1_000})`;
    return quoteText(value.toISOString().replace("T", " ").replace("Z", ""));
  }
  if (Array.isArray(value)) return `[${value.map(literalValue).join(", ")}]`;
  if (typeof value === "object") return quoteText(canonicalJsonText(JSON.stringify(value)));
  throw new MillraceError("MLR_ARGUMENT_INVALID", `a ${typeof value} cannot be a value of a statement`);
}

/** By its bits: the server's reading of decimal digits is off by one in the last place now and then. */
function float(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return `reinterpretAsFloat64(unhex('${bytes.toString("hex")}'))`;
}
