import type { ShapeColumn } from "../schema/table-shape.ts";

/** A JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const SCHEMAS: Readonly<Record<string, { readonly schema: JsonSchema; readonly example: unknown }>> = {
  boolean: { schema: { type: "boolean" }, example: true },
  smallint: { schema: { type: "integer", format: "int32" }, example: 7 },
  integer: { schema: { type: "integer", format: "int32" }, example: 42 },
  bigint: { schema: { type: ["integer", "string"], format: "int64" }, example: 1234567890123 },
  numeric: { schema: { type: ["number", "string"] }, example: 19.9 },
  real: { schema: { type: ["number", "string"], format: "float" }, example: 1.5 },
  double: { schema: { type: ["number", "string"], format: "double" }, example: 2.25 },
  text: { schema: { type: "string" }, example: "text" },
  date: { schema: { type: "string", format: "date" }, example: "2026-03-01" },
  time: { schema: { type: "string" }, example: "12:30:00" },
  timestamp: { schema: { type: "string" }, example: "2026-03-01T12:30:00" },
  timestamptz: { schema: { type: "string", format: "date-time" }, example: "2026-03-01T12:30:00+00:00" },
  interval: { schema: { type: "string", format: "duration" }, example: "P1DT2H" },
  uuid: { schema: { type: "string", format: "uuid" }, example: "018f2f6e-7b1a-7c3e-9d2a-3f6f5b1c0d4e" },
  json: { schema: {}, example: { size: 3 } },
  bytea: { schema: { type: "string", pattern: "^\\\\x([0-9a-f]{2})*$" }, example: "\\x00ff" },
};

/** What values of a column look like in an answer. */
export function valueSchema({ kind, array, nullable }: ShapeColumn): JsonSchema {
  const one = SCHEMAS[kind]?.schema ?? {};
  const schema: JsonSchema = array ? { type: "array", items: one } : one;
  return nullable && schema["type"] !== undefined ? { anyOf: [schema, { type: "null" }] } : schema;
}

/** A value that a column could have. */
export function valueExample({ kind, array }: ShapeColumn): unknown {
  const one = SCHEMAS[kind]?.example ?? "text";
  return array ? [one] : one;
}
