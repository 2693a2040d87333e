import { canonicalText } from "../hash/canonical.ts";
import { tryCanonicalJson } from "../hash/canonical-json.ts";
import { JsonNumber, parseJsonExact } from "../hash/json-exact.ts";
import type { ArrayType, ColumnType, ScalarKind } from "./column-type.ts";
import { canonicalDecimal } from "./decimal.ts";
import { MISFIT } from "./misfit.ts";
import { isStorableText, canonicalInterval } from "./storage.ts";
import { floatStore, integerStore, numericStore } from "./store-number.ts";
import { dateStore, instantOfDate, timeStore, timestampStore, timestamptzStore } from "./store-time.ts";

/** What is known of the values and the column besides its type. */
export interface StoreHints {
  /** The source knows only text (CSV): strings may mean numbers and booleans. Default false. */
  readonly untyped?: boolean;
  /**
   * A person chose the type: whatever can be converted to it without loss is, such as "5" to 5, "yes" to true, a time
   * without zone to UTC. Otherwise only what type inference would put into such a column fits. Default false.
   */
  readonly declared?: boolean;
  /** Numbers in date, time and timestamp columns are days and microseconds, as storage form has them. Default false. */
  readonly epochNumbers?: boolean;
}

/** Turns a value into the storage form of a type: null for null and undefined, `MISFIT` for what the type cannot hold. */
export type Store = (value: unknown) => unknown;

const timestamptzText = canonicalText({ kind: "timestamptz" });
const byteaText = canonicalText({ kind: "bytea" });

/** Compiles the conversion to a type. `describeMisfit` tells why a value is refused. Values in storage form come back as they are. */
export function compileStore(type: ColumnType, hints: StoreHints = {}): Store {
  const store = storeOf(type, hints);
  return (value) => (value === null || value === undefined ? null : store(value));
}

function storeOf(type: ColumnType, hints: StoreHints): Store {
  switch (type.kind) {
    case "boolean":
      return booleanStore(hints);
    case "smallint":
      return integerStore(-32_768, 32_767, hints);
    case "integer":
      return integerStore(-2_147_483_648, 2_147_483_647, hints);
    case "bigint":
      return integerStore(-(2 ** 63), 2 ** 63, hints);
    case "numeric":
      return numericStore(type, hints);
    case "real":
    case "double":
      return floatStore(type.kind === "real", hints);
    case "date":
      return dateStore(hints);
    case "time":
      return timeStore(hints);
    case "timestamp":
      return timestampStore(hints);
    case "timestamptz":
      return timestamptzStore(hints);
    case "json":
      return hints.untyped && hints.declared ? storeJsonText : storeJson;
    case "bytea":
      return byteaStore(hints);
    case "array":
      return arrayStore(type, hints);
    default:
      return TEXTS[type.kind];
  }
}

const TEXTS: Readonly<Record<Extract<ScalarKind, "text" | "uuid" | "interval">, Store>> = {
  text: storeText,
  uuid: storeUuid,
  interval: (value) => (typeof value === "string" ? (canonicalInterval(value.trim()) ?? MISFIT) : MISFIT),
};

function storeText(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return isStorableText(value) ? value : MISFIT;
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return canonicalDecimal(value) ?? String(value);
    default:
      return storeObjectAsText(value);
  }
}

/** Objects that are values; plain objects and arrays belong in a json column. */
function storeObjectAsText(value: unknown): unknown {
  if (value instanceof Date) {
    const instant = instantOfDate(value);
    return instant === undefined ? MISFIT : timestamptzText(instant);
  }
  if (value instanceof JsonNumber) return value.text;
  return value instanceof Uint8Array ? byteaText(value) : MISFIT;
}

const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;

function storeUuid(value: unknown): unknown {
  if (typeof value !== "string") return MISFIT;
  const parts = UUID.exec(value.toLowerCase());
  return parts === null ? MISFIT : `${parts[1]}-${parts[2]}-${parts[3]}-${parts[4]}-${parts[5]}`;
}

function storeJson(value: unknown): unknown {
  // What a double column holds must survive being widened; inside of objects NaN stays a misfit.
  if (typeof value === "number" && !Number.isFinite(value)) return `"${value}"`;
  return tryCanonicalJson(value) ?? MISFIT;
}

/** Of sources that know only text, a declared json column holds JSON texts. */
function storeJsonText(value: unknown): unknown {
  if (typeof value !== "string") return storeJson(value);
  try {
    return storeJson(parseJsonExact(value));
  } catch {
    return MISFIT;
  }
}

const TRUE = /^(true|t|yes|y|on|1)$/i;
const FALSE = /^(false|f|no|n|off|0)$/i;

function booleanStore(hints: StoreHints): Store {
  if (hints.declared) return storeBooleanWord;
  if (!hints.untyped) return (value) => (typeof value === "boolean" ? value : MISFIT);
  return (value) =>
    value === "true" || value === true ? true : value === "false" || value === false ? false : MISFIT;
}

function storeBooleanWord(value: unknown): unknown {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") return MISFIT;
  const word = String(value).trim();
  return TRUE.test(word) ? true : FALSE.test(word) ? false : MISFIT;
}

function byteaStore(hints: StoreHints): Store {
  return (value) => {
    if (value instanceof Uint8Array) return value;
    const hex = hints.declared && typeof value === "string" ? /^\\x((?:[0-9a-f]{2})*)$/i.exec(value) : null;
    return hex === null ? MISFIT : Buffer.from(hex[1] ?? "", "hex");
  };
}

function arrayStore(type: ArrayType, hints: StoreHints): Store {
  const store = compileStore(type.of, hints.untyped ? { ...hints, untyped: false } : hints);
  return (value) => {
    const values = hints.untyped && hints.declared && typeof value === "string" ? parsedArray(value) : value;
    return Array.isArray(values) ? storeElements(values, store) : MISFIT;
  };
}

function parsedArray(text: string): unknown {
  try {
    return parseJsonExact(text);
  } catch {
    return undefined;
  }
}

/** The array itself where no element changes. */
function storeElements(values: readonly unknown[], store: Store): unknown {
  let changed: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const stored = store(values[i]);
    if (stored === MISFIT) return MISFIT;
    if (changed === undefined && !Object.is(stored, values[i])) changed = values.slice(0, i);
    changed?.push(stored);
  }
  return changed ?? values;
}
