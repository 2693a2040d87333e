import { canonicalDecimal, JsonNumber } from "@millrace/core";
import type { SimpleType } from "../schema/types.ts";

/** What a text is that is no value of its type. */
export const INVALID = Symbol("invalid");

/** How decimals are given: as texts, or as numbers, which are `JsonNumber` where a double does not hold them. */
export type Decimals = "text" | "number";

const WHOLE = new Set([
  "integer",
  "nonPositiveInteger",
  "negativeInteger",
  "long",
  "int",
  "short",
  "byte",
  "nonNegativeInteger",
  "unsignedLong",
  "unsignedInt",
  "unsignedShort",
  "unsignedByte",
  "positiveInteger",
]);
const KEEPS_SPACES = new Set(["string", "anySimpleType", "anyAtomicType", "untypedAtomic"]);

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const FLOAT = /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN)$/;
const ZONE = String.raw`(Z|[+-]\d{2}:\d{2})?`;
const DATE = new RegExp(String.raw`^(-?\d{4,}-\d{2}-\d{2})${ZONE}$`);
const DATE_TIME = new RegExp(String.raw`^-?\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?${ZONE}$`);
const TIME = new RegExp(String.raw`^(\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)${ZONE}$`);
const HEX = /^([0-9a-f]{2})*$/i;
/** Types that a point in time is no value of. */
const NO_DATES = new Set(["boolean", "decimal", "float", "double", "base64Binary", "hexBinary"]);
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The value that a text stands for by its type; INVALID where it is none. Empty text is null, but for types of text. */
export function decodeSimple({ base, list }: SimpleType, text: string, decimals: Decimals): unknown {
  if (!list) return decodeOne(base, text, decimals);
  const words = text.split(/\s+/).filter((word) => word !== "");
  const values = words.map((word) => decodeOne(base, word, decimals));
  return values.includes(INVALID) ? INVALID : values;
}

function decodeOne(base: string, text: string, decimals: Decimals): unknown {
  if (KEEPS_SPACES.has(base)) return text;
  const trimmed = text.trim();
  if (WHOLE.has(base)) return trimmed === "" ? null : wholeOf(trimmed);
  switch (base) {
    case "normalizedString":
      return text.replaceAll(/[\t\n\r]/g, " ");
    case "boolean":
      return trimmed === "" ? null : booleanOf(trimmed);
    case "decimal":
      return trimmed === "" ? null : decimalOf(trimmed, decimals);
    case "float":
    case "double":
      return trimmed === "" ? null : floatOf(trimmed);
    case "date":
      return trimmed === "" ? null : (DATE.exec(trimmed)?.[1] ?? INVALID);
    case "dateTime":
    case "dateTimeStamp":
      return trimmed === "" ? null : DATE_TIME.test(trimmed) ? trimmed : INVALID;
    case "time":
      return trimmed === "" ? null : timeOf(trimmed);
    case "base64Binary":
      return base64Of(text);
    case "hexBinary":
      return HEX.test(trimmed) ? new Uint8Array(Buffer.from(trimmed, "hex")) : INVALID;
    default:
      return trimmed.replaceAll(/\s+/g, " ");
  }
}

function wholeOf(text: string): unknown {
  if (!/^[+-]?\d+$/.test(text)) return INVALID;
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number + 0;
  return text.length > 1_000 ? INVALID : BigInt(text.replace(/^\+/, ""));
}

function booleanOf(text: string): unknown {
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : INVALID;
}

function decimalOf(text: string, decimals: Decimals): unknown {
  const canonical = DECIMAL.test(text) ? canonicalDecimal(text) : undefined;
  if (canonical === undefined) return INVALID;
  if (decimals === "text") return canonical;
  const number = Number(canonical);
  return canonicalDecimal(number) === canonical ? number : new JsonNumber(canonical);
}

function floatOf(text: string): unknown {
  if (!FLOAT.test(text)) return INVALID;
  return Number(text.replace("INF", "Infinity"));
}

/** Times with a zone become times in UTC, so that all can be compared. */
function timeOf(text: string): unknown {
  const [, hours = "", minutes = "", seconds = "", zone] = TIME.exec(text) ?? [];
  if (seconds === "" || Number(hours) > 24 || Number(minutes) > 59 || Number(seconds) >= 61) return INVALID;
  if (zone === undefined || zone === "Z") return `${hours}:${minutes}:${seconds}`;
  const sign = zone.startsWith("-") ? -1 : 1;
  const offset = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const total = (((Number(hours) * 60 + Number(minutes) - offset) % 1_440) + 1_440) % 1_440;
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(total / 60))}:${two(total % 60)}:${seconds}`;
}

function base64Of(text: string): unknown {
  const packed = /\s/.test(text) ? text.replaceAll(/\s+/g, "") : text;
  if (packed.length % 4 === 1 || !BASE64.test(packed)) return INVALID;
  return new Uint8Array(Buffer.from(packed, "base64"));
}

/** The text that a value has by its type in a message; INVALID where it is no such value. */
export function encodeSimple({ base, list }: SimpleType, value: unknown): string | typeof INVALID {
  if (!list || !Array.isArray(value)) return encodeOne(base, value);
  const words = value.map((each) => encodeOne(base, each));
  return words.some((word) => word === INVALID) ? INVALID : words.join(" ");
}

function encodeOne(base: string, value: unknown): string | typeof INVALID {
  if (WHOLE.has(base)) return encodeWhole(value);
  if (value instanceof Date) return encodeDate(base, value);
  switch (base) {
    case "boolean":
      return checked(typeof value === "boolean" ? String(value) : value, /^(true|false|0|1)$/);
    case "decimal":
      return encodeDecimal(value);
    case "float":
    case "double":
      return checked(typeof value === "number" ? String(value).replace("Infinity", "INF") : value, FLOAT);
    case "date":
      return checked(value, DATE);
    case "dateTime":
    case "dateTimeStamp":
      return checked(value, DATE_TIME);
    case "time":
      return checked(value, TIME);
    case "base64Binary":
      return checked(value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value, BASE64);
    case "hexBinary":
      return checked(value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value, HEX);
    default:
      return encodeText(value);
  }
}

function encodeDate(base: string, date: Date): string | typeof INVALID {
  if (Number.isNaN(date.getTime()) || NO_DATES.has(base)) return INVALID;
  const iso = date.toISOString();
  if (base === "date") return iso.slice(0, 10);
  return base === "time" ? iso.slice(11) : iso;
}

function encodeWhole(value: unknown): string | typeof INVALID {
  if (typeof value === "bigint") return String(value);
  // Beyond 2^53 a double is no longer the number that was meant.
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : INVALID;
  return checked(value, /^[+-]?\d+$/);
}

function encodeDecimal(value: unknown): string | typeof INVALID {
  if (typeof value === "number")
    return (Number.isFinite(value) ? canonicalDecimal(value) : undefined) ?? INVALID;
  return typeof value === "bigint" ? String(value) : checked(value, DECIMAL);
}

function encodeText(value: unknown): string | typeof INVALID {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? String(value)
    : INVALID;
}

function checked(value: unknown, pattern: RegExp): string | typeof INVALID {
  return typeof value === "string" && pattern.test(value) ? value : INVALID;
}
