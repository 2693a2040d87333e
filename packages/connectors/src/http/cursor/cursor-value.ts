import { JsonNumber, MillraceError } from "@millrace/core";
import { durationMs } from "../../shared/http/duration.ts";
import type { CursorOptions } from "./options.ts";

/** A cursor as rows have it and states keep it. */
export type CursorValue = string | number;

type Format = CursorOptions["format"];

/** A cursor that can be compared: times in microseconds since 1970, numbers, texts. */
interface Comparable {
  readonly kind: "time" | "number" | "text";
  readonly value: number | bigint | string;
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** The cursor in a field's value; undefined for null and what is missing. Fails with MLR_SOURCE_FORMAT for what is none. */
export function cursorValue(value: unknown, field: string): CursorValue | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  if (typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof JsonNumber) return value.text;
  throw new MillraceError("MLR_SOURCE_FORMAT", `the cursor field ${field} holds ${kindOf(value)}`, {
    hint: "A cursor is a number, a text or a time: name another field in `cursor`.",
    details: { field },
  });
}

/** Below 0 where `a` is before `b`. Fails with MLR_SOURCE_FORMAT where the two are of different kinds. */
export function compareCursors(a: CursorValue, b: CursorValue, format: Format): number {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string" && alike(a, b)) return a < b ? -1 : 1;
  const first = comparable(a, format);
  const second = comparable(b, format);
  if (first.kind !== second.kind) {
    throw new MillraceError("MLR_SOURCE_FORMAT", `the cursors "${a}" and "${b}" cannot be compared`, {
      hint: "One is a time, number or text and the other is not: name another field, or say `format` in `cursor`.",
    });
  }
  return first.value < second.value ? -1 : first.value > second.value ? 1 : 0;
}

/** The cursor moved back by `lag`. Fails with MLR_ARGUMENT_INVALID where the lag does not fit the cursor. */
export function moveBack(value: CursorValue, lag: string | number, format: Format): CursorValue {
  if (lag === 0) return value;
  const { kind, value: position } = comparable(value, format);
  if (kind === "time") {
    const ms = typeof lag === "number" ? lag : (durationMs(lag) ?? 0);
    const moved = Number(position) - ms * 1_000;
    if (typeof value === "number") return format === "unix" ? moved / 1_000_000 : moved / 1_000;
    return writeLike(value, moved);
  }
  if (kind === "number" && typeof lag === "number") {
    if (typeof position !== "bigint") return Number(position) - lag;
    return (position - BigInt(Math.ceil(lag))).toString();
  }
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `cursor: the lag ${JSON.stringify(lag)} does not fit the cursor "${value}"`,
    {
      hint:
        kind === "number"
          ? 'For a number that is a time say `format: "unix"` or "unix-ms"; for any other give the lag as a number.'
          : "A lag needs a cursor that is a time or a number.",
    },
  );
}

/** The cursor as a request has it. */
export function writeCursor(value: CursorValue, format: Format): CursorValue {
  if (format === "as-is") return value;
  const { kind, value: position } = comparable(value, format);
  if (kind !== "time") {
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `the cursor "${value}" is no time, as \`format: "${format}"\` needs`,
      {
        hint: 'Name another field, or say `format: "as-is"`.',
      },
    );
  }
  const us = Number(position);
  if (format === "unix") return Math.floor(us / 1_000_000);
  if (format === "unix-ms") return Math.floor(us / 1_000);
  const iso = isoOf(us);
  return format === "date" ? iso.slice(0, 10) : iso;
}

/** Two dates, or two timestamps of the same length in UTC, stand in the order of their texts. */
function alike(a: string, b: string): boolean {
  const { length } = a;
  if (length !== b.length || length < 10 || !hasDate(a) || !hasDate(b)) return false;
  return length === 10 || (a.endsWith("Z") && b.endsWith("Z"));
}

function hasDate(text: string): boolean {
  return text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45;
}

function comparable(value: CursorValue, format: Format): Comparable {
  if (typeof value === "number") {
    if (format === "unix") return { kind: "time", value: value * 1_000_000 };
    if (format === "unix-ms") return { kind: "time", value: value * 1_000 };
    return { kind: "number", value };
  }
  const time = timeOf(value);
  if (time !== undefined) return { kind: "time", value: time };
  if (/^-?\d+$/.test(value)) {
    if (format === "unix" || format === "unix-ms") return comparable(Number(value), format);
    return { kind: "number", value: value.length > 15 ? BigInt(value) : Number(value) };
  }
  if (/^-?\d+\.\d+$/.test(value)) return comparable(Number(value), format);
  return { kind: "text", value };
}

/** Microseconds since 1970; a time without zone counts as UTC. */
function timeOf(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = match;
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const us = ms * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  if (Number.isNaN(us)) return undefined;
  if (/^z$/i.test(zone)) return us;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(3).replace(":", "") || "0"];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000_000;
  return zone.startsWith("-") ? us + offset : us - offset;
}

function isoOf(us: number): string {
  const fraction = ((us % 1_000_000) + 1_000_000) % 1_000_000;
  const whole = new Date((us - fraction) / 1_000).toISOString().slice(0, 19);
  return `${whole}${fraction === 0 ? "" : `.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`}Z`;
}

/** A time in the form that another one has: a date, with or without zone. Always UTC where it has one. */
function writeLike(form: string, us: number): string {
  const iso = isoOf(us);
  if (form.length === 10) return iso.slice(0, 10);
  const text = /(Z|[+-]\d\d:?\d\d)$/i.test(form.slice(10)) ? iso : iso.slice(0, -1);
  return form.charAt(10) === " " ? text.replace("T", " ") : text;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
