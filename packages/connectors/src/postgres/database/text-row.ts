import type { Row } from "@millrace/core";
import { parameter } from "./parameter.ts";

const ESCAPED: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A function that writes rows as lines of a COPY in text format. */
export function textRowWriter(columns: readonly string[]): (row: Row) => string {
  return (row) => `${columns.map((name) => field(Object.hasOwn(row, name) ? row[name] : null)).join("\t")}\n`;
}

function field(value: unknown): string {
  const text = parameter(value);
  if (text === null) return "\\N";
  const plain = typeof text === "string" ? text : `\\x${text.toString("hex")}`;
  return plain.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPED[character] ?? character);
}
