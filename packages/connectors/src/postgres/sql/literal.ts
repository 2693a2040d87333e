import { MillraceError, type ColumnType } from "@millrace/core";
import { sqlType } from "../ddl/sql-type.ts";
import { quoteLiteral } from "../quote.ts";

/** A value in storage form as an SQL expression of the column's type. Fails with MLR_ARGUMENT_INVALID for types that no scope can have. */
export function sqlLiteral(type: ColumnType, value: unknown): string {
  if (value === null || value === undefined) return `NULL::${sqlType(type)}`;
  const text = typeof value === "object" ? "" : String(value);
  switch (type.kind) {
    case "date":
      return `(date '1970-01-01' + ${text})`;
    case "time":
      return `(time '00:00' + interval '${text} microseconds')`;
    case "timestamp":
      return `(timestamp '1970-01-01' + interval '${text} microseconds')`;
    case "timestamptz":
      return `((timestamp '1970-01-01' + interval '${text} microseconds') AT TIME ZONE 'UTC')`;
    case "bytea":
      return `'\\x${Buffer.from(value as Uint8Array).toString("hex")}'::bytea`;
    case "array":
      throw new MillraceError("MLR_ARGUMENT_INVALID", "a scope cannot name the value of an array column", {
        hint: "Choose a scope over columns of simple types.",
      });
    default:
      return `${quoteLiteral(text)}::${sqlType(type)}`;
  }
}
