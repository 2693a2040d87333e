import type { Json } from "@millrace/core";
import type { LogRecord } from "../log-record.ts";

/** About how long a record is as text. */
export function recordSize(record: LogRecord): number {
  return 200 + record.message.length + (record.fields === undefined ? 0 : sizeOf(record.fields));
}

function sizeOf(value: Json): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 8;
  let size = 2;
  if (Array.isArray(value)) for (const inner of value) size += sizeOf(inner as Json) + 1;
  else for (const [name, inner] of Object.entries(value)) size += name.length + sizeOf(inner) + 4;
  return size;
}
