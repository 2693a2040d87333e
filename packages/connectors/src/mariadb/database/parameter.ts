import { canonicalJson, JsonNumber } from "@millrace/core";

/** What the driver takes. */
export type Parameter = string | number | bigint | Buffer | null;

/** A value as it is sent beside a statement. Dates are sent in UTC, objects and arrays as JSON. */
export function parameter(value: unknown): Parameter {
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "number":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      return value === null || value === undefined ? null : objectParameter(value);
  }
}

function objectParameter(value: unknown): Parameter {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Date) return value.toISOString().replace("T", " ").slice(0, -1);
  if (value instanceof JsonNumber) return value.text;
  return canonicalJson(value);
}
