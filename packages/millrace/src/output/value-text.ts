import { clean } from "./text.ts";
import { truncate } from "./width.ts";

/** Texts that would be taken for something else, or not be seen, without quotes. */
const AMBIGUOUS = /^(null|true|false)?$|^\s|\s$|^["[{]/;

/** Any value of a row on one line, cut where it is long: `null`, `12.5`, `a text`, `{"a":1}`. */
export function valueText(value: unknown, width = 60): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string") {
    return truncate(clean(AMBIGUOUS.test(value) ? JSON.stringify(value) : value), width);
  }
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return truncate(`\\x${Buffer.from(value).toString("hex")}`, width);
  return truncate(clean(JSON.stringify(value)), width);
}
