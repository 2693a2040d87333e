import { MillraceError, canonicalJson } from "@millrace/core";
import { MAX_PRECISION, exactDecimal, exactTimestamptz, type DataType } from "./exact-types.ts";
import type { DriverTypes } from "./bulk-column.ts";

/** A value beside a statement. */
export interface WireParameter {
  /** Without the `@`. */
  readonly name: string;
  type(types: DriverTypes): DataType;
  readonly value: unknown;
  readonly options?: { readonly length?: number; readonly precision?: number; readonly scale?: number };
}

/** Values that one statement of SQL Server can have: 2,100, two of which tell the statement itself. */
const MAX_PARAMETERS = 2098;

const INT32 = 2_147_483_647;
const INT64 = 9_223_372_036_854_775_807n;

/** The values as `@p1`, `@p2`, … Fails with MLR_ARGUMENT_INVALID for what SQL Server has no type for, or too many of them. */
export function parametersOf(values: readonly unknown[]): WireParameter[] {
  if (values.length > MAX_PARAMETERS) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `a statement has ${values.length} values; SQL Server takes at most ${MAX_PARAMETERS}`,
      {
        hint: "Load the values into a table with load(), or send them as one JSON text and read it with OPENJSON.",
      },
    );
  }
  return values.map((value, index) => ({ name: `p${index + 1}`, ...typed(value, index + 1) }));
}

function typed(value: unknown, number: number): Omit<WireParameter, "name"> {
  switch (typeof value) {
    case "undefined":
      return { type: (types) => types.NVarChar, value: null };
    case "boolean":
      return { type: (types) => types.Bit, value };
    case "number":
      return ofNumber(value, number);
    case "bigint":
      return ofInteger(value, number);
    case "string":
      return { type: (types) => types.NVarChar, value };
    case "object":
      return ofObject(value, number);
    default:
      throw unfit(`a ${typeof value}`, number);
  }
}

function ofNumber(value: number, number: number): Omit<WireParameter, "name"> {
  if (!Number.isFinite(value)) throw unfit(String(value), number);
  if (!Number.isSafeInteger(value)) return { type: (types) => types.Float, value };
  if (Math.abs(value) <= INT32) return { type: (types) => types.Int, value };
  return { type: (types) => types.BigInt, value };
}

function ofInteger(value: bigint, number: number): Omit<WireParameter, "name"> {
  if (value >= -INT64 - 1n && value <= INT64) return { type: (types) => types.BigInt, value };
  const text = value.toString();
  if (text.replace("-", "").length > MAX_PRECISION) throw unfit(`a number of ${text.length} digits`, number);
  return { type: () => exactDecimal, value: text, options: { precision: MAX_PRECISION, scale: 0 } };
}

function ofObject(value: object | null, number: number): Omit<WireParameter, "name"> {
  if (value === null) return { type: (types) => types.NVarChar, value };
  if (value instanceof Date) {
    const milliseconds = value.getTime();
    if (Number.isNaN(milliseconds)) throw unfit("an invalid Date", number);
    return { type: () => exactTimestamptz, value: milliseconds * 1000 };
  }
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { type: (types) => types.VarBinary, value: bytes };
  }
  return { type: (types) => types.NVarChar, value: canonicalJson(value) };
}

function unfit(what: string, number: number): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `value ${number} is ${what}, for which SQL Server has no type`,
    {
      hint: "Send it as text, or leave it out.",
    },
  );
}
