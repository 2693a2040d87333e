import type { Json } from "@millrace/core";
import type { Redaction } from "./redaction.ts";

/** Deepest nesting that is kept. */
const DEPTH = 8;
/** Most values of one line: what is beyond is left out, and said so. */
const VALUES = 2000;
/** Longest text of all values together, in UTF-16 units. */
const TEXT = 32_768;

/**
 * What a caller gave, as JSON that is safe to keep: secrets hidden, nothing circular, nothing too deep or too large, no NUL
 * and no lone surrogates; `fields` itself where it is that already. Never throws, whatever getters and `toJSON` do.
 */
export function storableFields(fields: object, redaction: Redaction): Readonly<Record<string, Json>> {
  if (isStorable(fields, redaction)) return fields;
  const walk: Walk = { redaction, left: VALUES, room: TEXT, above: new Set() };
  try {
    const kept = objectOf(fields, walk, 0);
    return typeof kept === "object" && kept !== null && !Array.isArray(kept)
      ? (kept as Record<string, Json>)
      : { value: kept };
  } catch {
    return { value: "(could not be read)" };
  }
}

/** Most lines have a few plain values: these need no copy. */
function isStorable(fields: object, redaction: Redaction): fields is Readonly<Record<string, Json>> {
  try {
    if (Object.getPrototypeOf(fields) !== Object.prototype) return false;
    let room = TEXT;
    for (const name in fields) {
      const value = (fields as Readonly<Record<string, unknown>>)[name];
      const type = typeof value;
      if (type === "string") {
        const text = value as string;
        room -= text.length;
        if (room < 0 || redaction.text(text) !== text || wellFormed(text) !== text) return false;
      } else if (type === "number") {
        if (!Number.isFinite(value)) return false;
      } else if (type !== "boolean" && value !== null) return false;
      if (type !== "boolean" && value !== null && redaction.hides(name)) return false;
      room -= name.length;
    }
    return room > 0;
  } catch {
    return false;
  }
}

/** `text` as it may be kept: no secrets, no NUL, no lone surrogates, not too long. */
export function storableText(text: string, redaction: Redaction, limit = TEXT): string {
  const clean = redaction.text(text);
  const short =
    clean.length <= limit ? clean : `${clean.slice(0, limit)} … (${clean.length - limit} more characters)`;
  return wellFormed(short);
}

/** `text` without NUL and lone surrogates, which PostgreSQL does not take. */
export function wellFormed(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes("\0") ? whole.replaceAll("\0", "\uFFFD") : whole;
}

interface Walk {
  readonly redaction: Redaction;
  /** Values that may still come. */
  left: number;
  /** Text that may still come. */
  room: number;
  readonly above: Set<object>;
}

function valueOf(value: unknown, walk: Walk, depth: number): Json | undefined {
  walk.left -= 1;
  switch (typeof value) {
    case "string":
      return textOf(value, walk);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case "object":
      return value === null ? null : objectOf(value, walk, depth);
    default:
      return undefined;
  }
}

function textOf(text: string, walk: Walk): string {
  const kept = storableText(text, walk.redaction, walk.room);
  walk.room = Math.max(0, walk.room - kept.length);
  return kept;
}

function objectOf(value: object, walk: Walk, depth: number): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Error) return errorOf(value, walk, depth);
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (walk.above.has(value)) return "(circular)";
  if (depth >= DEPTH) return "(too deep)";
  walk.above.add(value);
  try {
    if (Array.isArray(value)) return listOf(value, walk, depth);
    if (value instanceof Map)
      return membersOf(
        [...value].map(([key, inner]) => [String(key), inner]),
        walk,
        depth,
      );
    if (value instanceof Set) return listOf([...value], walk, depth);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return valueOf(toJSON.call(value), walk, depth + 1) ?? null;
    return membersOf(Object.entries(value), walk, depth);
  } catch {
    return "(could not be read)";
  } finally {
    walk.above.delete(value);
  }
}

function listOf(values: readonly unknown[], walk: Walk, depth: number): Json {
  const kept: Json[] = [];
  for (const value of values) {
    if (walk.left <= 0) return [...kept, `(${values.length - kept.length} more)`];
    kept.push(valueOf(value, walk, depth + 1) ?? null);
  }
  return kept;
}

function membersOf(entries: readonly (readonly [string, unknown])[], walk: Walk, depth: number): Json {
  const kept: [string, Json][] = [];
  for (const [name, value] of entries) {
    if (walk.left <= 0) {
      kept.push(["…", `(${entries.length - kept.length} more)`]);
      break;
    }
    const hidden =
      value !== null && value !== undefined && typeof value !== "boolean" && walk.redaction.hides(name);
    const inner = hidden ? walk.redaction.mask : valueOf(value, walk, depth + 1);
    if (inner !== undefined) kept.push([wellFormed(name), inner]);
  }
  // `fromEntries` defines `__proto__` as a plain member.
  return Object.fromEntries(kept);
}

function errorOf(error: Error, walk: Walk, depth: number): Json {
  if (walk.above.has(error)) return "(circular)";
  if (depth >= DEPTH) return textOf(error.message, walk);
  walk.above.add(error);
  try {
    const { name, message, stack, cause, ...own } = error as Error & Record<string, unknown>;
    const facts = [
      ["name", error.name ?? name],
      ["message", error.message ?? message],
      ...Object.entries(own),
      ["stack", error.stack ?? stack],
      ["cause", cause],
    ] as const;
    return membersOf(
      facts.filter(([, value]) => value !== undefined),
      walk,
      depth,
    );
  } finally {
    walk.above.delete(error);
  }
}
