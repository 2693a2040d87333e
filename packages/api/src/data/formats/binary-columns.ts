import type { Grant } from "../exposure/grant.ts";
import type { Selection } from "../query/row-query.ts";
import { selectedColumns } from "../query/row-sql.ts";

/** Types that a column of a binary format has; what has none of its own is text. */
export type BinaryKind =
  | "boolean"
  | "integer"
  | "bigint"
  | "real"
  | "double"
  | "date"
  | "timestamp"
  | "timestamptz"
  | "bytes"
  | "json"
  | "text";

/** A column of a binary format. */
export interface BinaryColumn {
  readonly name: string;
  readonly kind: BinaryKind;
  /** A value as the rows' JSON has it, with every digit: null, a boolean, a number, a bigint or a text. Times are microseconds since 1970, dates are days. */
  read(value: unknown): BinaryValue;
}

/** What a binary format is given. */
export type BinaryValue = null | boolean | number | bigint | string | Uint8Array;

/** The columns of what is sent, in its order: those of the table, then what is embedded, as JSON. */
export function binaryColumns(grant: Grant, selection: Selection): readonly BinaryColumn[] {
  const own = selectedColumns(grant, selection).map(({ name, kind, array }): BinaryColumn => {
    if (array) return { name, ...KINDS.json };
    return { name, ...(KIND_TABLE[kind] ?? TEXT) };
  });
  return [...own, ...selection.embeds.map(({ relation }) => ({ name: relation, ...KINDS.json }))];
}

type Kind = Omit<BinaryColumn, "name">;

const TEXT: Kind = { kind: "text", read: (value) => (value === null ? null : textOf(value)) };

/** What JSON has for numbers that are none is a text. */
const float = (value: unknown): BinaryValue => (value === null ? null : Number(value));
const whole = (value: unknown): BinaryValue => (typeof value === "number" ? value : null);

const KINDS = {
  boolean: { kind: "boolean", read: (value) => (typeof value === "boolean" ? value : null) },
  smallint: { kind: "integer", read: whole },
  integer: { kind: "integer", read: whole },
  bigint: { kind: "bigint", read: (value) => (value === null ? null : BigInt(textOf(value))) },
  real: { kind: "real", read: float },
  double: { kind: "double", read: float },
  date: { kind: "date", read: (value) => (value === null ? null : daysOf(textOf(value))) },
  timestamp: { kind: "timestamp", read: (value) => (value === null ? null : microsOf(textOf(value))) },
  timestamptz: { kind: "timestamptz", read: (value) => (value === null ? null : microsOf(textOf(value))) },
  bytea: {
    kind: "bytes",
    read: (value) => (value === null ? null : Buffer.from(textOf(value).slice(2), "hex")),
  },
  json: { kind: "json", read: (value) => (value === null ? null : JSON.stringify(value)) },
} as const satisfies Readonly<Record<string, Kind>>;

const KIND_TABLE: Readonly<Record<string, Kind>> = KINDS;

const DAY_MS = 86_400_000;
const DATE = /^(\d{4,})-(\d{2})-(\d{2})( BC)?$/;
const TIME = /^(\d{4,}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?:\+00:00)?( BC)?$/;

/** Null for infinity, which these formats do not have. */
function daysOf(text: string): number | null {
  const [, year, month, day, era] = DATE.exec(text) ?? [];
  if (year === undefined) return null;
  const date = new Date(0);
  // The year before 1 is 0 here, and 1 BC there.
  date.setUTCFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  return date.getTime() / DAY_MS;
}

function microsOf(text: string): bigint | null {
  const [, day, hours, minutes, seconds, fraction = "", era = ""] = TIME.exec(text) ?? [];
  const days = day === undefined ? null : daysOf(day + era);
  if (days === null) return null;
  const secondsOfDay = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return (BigInt(days) * 86_400n + BigInt(secondsOfDay)) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

/** What is no number, boolean or text here, no column of these kinds has. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
