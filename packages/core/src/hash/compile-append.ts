import { DOUBLE_BYTES, INTEGER_BYTES, writeDouble, writeInteger } from "./write-number.ts";
import { writeHex, writeText } from "./write-text.ts";
import { TIME_BYTES, writeDate, writeTime, writeTimestamp, writeTimestamptz } from "./write-time.ts";

/** How the values of a column are written. */
export type WrittenForm =
  | "text"
  | "integer"
  | "double"
  | "boolean"
  | "date"
  | "time"
  | "timestamp"
  | "timestamptz"
  | "bytea"
  | "other";

/** A column in the order of the canonical form. */
export interface WrittenColumn {
  /** Length and UTF-8 bytes of the name. */
  readonly prefix: Uint8Array;
  readonly form: WrittenForm;
  /** Canonical text of a value, for the form `other`. */
  readonly text: (value: unknown) => string;
}

/** Writes the columns' values at `at` and gives where they end; -1 where there may not be room for them. */
export type AppendValues = (bytes: Buffer, at: number, values: readonly unknown[]) => number;

/** What one value of a fixed form, its length and some room to spare take at most. */
const FIXED_BYTES = 4 + Math.max(INTEGER_BYTES, DOUBLE_BYTES, TIME_BYTES);

/** Names that the generated code knows. */
const HELPERS = {
  writeBoolean,
  writeBytea,
  writeDate,
  writeDouble,
  writeText,
  writeTime,
  writeTimestamp,
  writeTimestamptz,
  writeWhole,
  sizeOf,
};

const WRITERS: Readonly<Record<WrittenForm, keyof typeof HELPERS>> = {
  text: "writeText",
  integer: "writeWhole",
  double: "writeDouble",
  boolean: "writeBoolean",
  date: "writeDate",
  time: "writeTime",
  timestamp: "writeTimestamp",
  timestamptz: "writeTimestamptz",
  bytea: "writeBytea",
  other: "writeText",
};

type Compiled = (helpers: typeof HELPERS, texts: readonly WrittenColumn["text"][]) => AppendValues;

/**
 * A function for exactly these columns. Its code is generated, since a loop that decides for each value how to write it takes
 * 1.6 times as long, and this is the most expensive step of a run that hashes (docs/adr/0024). The code consists of our own names
 * and of numbers: nothing of a column's name or of a value is part of it.
 */
export function compileAppend(columns: readonly WrittenColumn[]): AppendValues {
  const texts = columns.map(({ text }) => text);
  try {
    // oxlint-disable-next-line no-implied-eval -- see above
    const compile = new Function("helpers", "texts", source(columns)) as Compiled;
    return compile(HELPERS, texts);
  } catch (error) {
    // Node may be told to generate no code from strings.
    if (error instanceof EvalError) return interpret(columns);
    throw error;
  }
}

function source(columns: readonly WrittenColumn[]): string {
  const body = columns.map(({ prefix, form }, i) => {
    const bytes = [...prefix].map((byte, k) => `bytes[at + ${k}] = ${byte};`).join(" ");
    const start = prefix.length + 4;
    return `
    value = values[${i}];
    if (value !== null && value !== undefined) {
      ${form === "other" ? `value = texts[${i}](value);` : ""}
      if (at + ${prefix.length + FIXED_BYTES} + ${SIZED.has(form) ? "sizeOf(value)" : 0} > bytes.length) return -1;
      ${bytes}
      end = ${WRITERS[form]}(bytes, at + ${start}, value);
      length = end - at - ${start};
      bytes[at + ${prefix.length}] = length >>> 24;
      bytes[at + ${prefix.length + 1}] = length >>> 16;
      bytes[at + ${prefix.length + 2}] = length >>> 8;
      bytes[at + ${prefix.length + 3}] = length;
      at = end;
    }`;
  });
  return `"use strict";
  const { ${Object.keys(HELPERS).join(", ")} } = helpers;
  return function append(bytes, at, values) {
    let value, end, length;${body.join("")}
    return at;
  };`;
}

/** Forms whose values may be long. */
const SIZED: ReadonlySet<WrittenForm> = new Set(["text", "bytea", "other"]);

/** The same without generated code. */
export function interpret(columns: readonly WrittenColumn[]): AppendValues {
  const writers = columns.map(({ form }) => HELPERS[WRITERS[form]] as WriteValue);
  return (bytes, at, values) => {
    for (let i = 0; i < columns.length; i++) {
      let value = values[i];
      if (value === null || value === undefined) continue;
      const { prefix, form, text } = columns[i] as WrittenColumn;
      if (form === "other") value = text(value);
      if (at + prefix.length + FIXED_BYTES + sizeOf(value) > bytes.length) return -1;
      for (let k = 0; k < prefix.length; k++) bytes[at++] = prefix[k] as number;
      const end = (writers[i] as WriteValue)(bytes, at + 4, value);
      bytes.writeUInt32BE(end - at - 4, at);
      at = end;
    }
    return at;
  };
}

type WriteValue = (bytes: Buffer, at: number, value: unknown) => number;

/** Most bytes that a value of variable length takes. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length * 3;
  return value instanceof Uint8Array ? value.length * 2 : 0;
}

function writeWhole(bytes: Buffer, at: number, value: unknown): number {
  return typeof value === "number" ? writeInteger(bytes, at, value) : writeText(bytes, at, String(value));
}

function writeBoolean(bytes: Buffer, at: number, value: unknown): number {
  return writeText(bytes, at, value === true ? "true" : "false");
}

function writeBytea(bytes: Buffer, at: number, value: unknown): number {
  return writeHex(bytes, at, value as Uint8Array);
}
