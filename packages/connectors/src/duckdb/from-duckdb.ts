import {
  canonicalText,
  formatInterval,
  parseJsonExact,
  type ColumnType,
  type ScalarKind,
} from "@millrace/core";
import type { DuckDBDecimalType, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { Driver } from "./driver.ts";

/** A column of a result: its type, and what makes the values that rows carry of DuckDB's. */
export interface ResultColumn {
  readonly type: ColumnType;
  /** Never given null. */
  readonly value: (value: DuckDBValue) => unknown;
}

type Fields = Record<string, DuckDBValue>;

/** Times leave as text, because `Date` ends at milliseconds; decimals as text, because numbers end at 15 digits. */
export function resultColumn(driver: Driver, type: DuckDBType): ResultColumn {
  if (type.alias === "JSON")
    return { type: { kind: "json" }, value: (value) => parseJsonExact(String(value)) };
  const scalar = scalarColumn(driver, type);
  if (scalar !== undefined) return scalar;
  const { LIST, ARRAY } = driver.DuckDBTypeId;
  if (type.typeId === LIST || type.typeId === ARRAY) {
    const element = resultColumn(driver, type.valueType);
    const items = (value: DuckDBValue): readonly DuckDBValue[] =>
      (value as unknown as { readonly items: readonly DuckDBValue[] }).items;
    const each = (value: DuckDBValue): unknown[] =>
      items(value).map((item) => (item === null ? null : element.value(item)));
    if (element.type.kind !== "array" && element.type.kind !== "json")
      return { type: { kind: "array", of: element.type }, value: each };
    return { type: { kind: "json" }, value: each };
  }
  return { type: { kind: "json" }, value: (value) => nested(value) };
}

function scalarColumn(driver: Driver, type: DuckDBType): ResultColumn | undefined {
  const id = driver.DuckDBTypeId;
  const of = (kind: Exclude<ScalarKind, "numeric">, value: ResultColumn["value"] = same): ResultColumn => ({
    type: { kind },
    value,
  });
  switch (type.typeId) {
    case id.BOOLEAN:
      return of("boolean");
    case id.TINYINT:
    case id.UTINYINT:
    case id.SMALLINT:
      return of("smallint");
    case id.USMALLINT:
    case id.INTEGER:
      return of("integer");
    case id.UINTEGER:
    case id.BIGINT:
      return of("bigint", integer);
    case id.UBIGINT:
    case id.HUGEINT:
    case id.UHUGEINT:
    case id.BIGNUM:
      return { type: { kind: "numeric" }, value: String };
    case id.DECIMAL:
      return { type: decimalType(type), value: String };
    case id.FLOAT:
      return of("real");
    case id.DOUBLE:
      return of("double");
    case id.VARCHAR:
      return of("text");
    case id.ENUM:
    case id.BIT:
    case id.TIME_TZ:
      return of("text", String);
    case id.UUID:
      return of("uuid", String);
    case id.BLOB:
      return of("bytea", (value) => Uint8Array.from(field<Uint8Array>(value, "bytes")));
    case id.INTERVAL:
      return of("interval", intervalText);
    default:
      return timeColumn(driver, type);
  }
}

const dateText = canonicalText({ kind: "date" });
const timeText = canonicalText({ kind: "time" });
const timestampText = canonicalText({ kind: "timestamp" });
const timestamptzText = canonicalText({ kind: "timestamptz" });

function timeColumn(driver: Driver, { typeId }: DuckDBType): ResultColumn | undefined {
  const id = driver.DuckDBTypeId;
  const timestamp = (micros: (value: DuckDBValue) => bigint): ResultColumn => ({
    type: { kind: "timestamp" },
    value: (value) => finite(value, () => timestampText(small(micros(value)))),
  });
  switch (typeId) {
    case id.DATE:
      return { type: { kind: "date" }, value: (v) => finite(v, () => dateText(field<number>(v, "days"))) };
    case id.TIME:
      return { type: { kind: "time" }, value: (v) => timeText(Number(field<bigint>(v, "micros"))) };
    case id.TIMESTAMP:
      return timestamp((value) => field<bigint>(value, "micros"));
    case id.TIMESTAMP_S:
      return timestamp((value) => field<bigint>(value, "seconds") * 1_000_000n);
    case id.TIMESTAMP_MS:
      return timestamp((value) => field<bigint>(value, "millis") * 1_000n);
    case id.TIMESTAMP_NS:
      return timestamp((value) => floorDivide(field<bigint>(value, "nanos"), 1_000n));
    case id.TIMESTAMP_TZ:
      return {
        type: { kind: "timestamptz" },
        value: (v) => finite(v, () => timestamptzText(small(field<bigint>(v, "micros")))),
      };
    default:
      return undefined;
  }
}

function same(value: DuckDBValue): unknown {
  return value;
}

function integer(value: DuckDBValue): number | bigint {
  return small(BigInt(value as number | bigint));
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

/** DuckDB has an infinity of dates, which no column takes: the row is rejected with the word. */
function finite(value: DuckDBValue, text: () => string): string {
  return field<boolean>(value, "isFinite") ? text() : String(value);
}

function field<T>(value: DuckDBValue, name: string): T {
  return (value as unknown as Record<string, T>)[name] as T;
}

/** Sums of decimals have all 38 digits: such a width is DuckDB's, not one that the data has. */
function decimalType({ width, scale }: DuckDBDecimalType): ColumnType {
  return width === 38 ? { kind: "numeric" } : { kind: "numeric", precision: width, scale };
}

function intervalText(value: DuckDBValue): string {
  return formatInterval({
    months: field<number>(value, "months"),
    days: field<number>(value, "days"),
    micros: field<bigint>(value, "micros"),
  });
}

/** Structs and maps become objects, what is in them texts unless JSON has it. */
function nested(value: DuckDBValue): unknown {
  if (value === null || typeof value !== "object") return typeof value === "bigint" ? small(value) : value;
  const {
    items,
    entries,
    value: inner,
  } = value as unknown as {
    items?: readonly DuckDBValue[];
    entries?: unknown;
    value?: DuckDBValue;
  };
  if (Array.isArray(items)) return items.map(nested);
  if (Array.isArray(entries)) {
    const pairs = entries as readonly { readonly key: DuckDBValue; readonly value: DuckDBValue }[];
    return Object.fromEntries(pairs.map((pair) => [String(pair.key), nested(pair.value)]));
  }
  if (typeof entries === "object" && entries !== null) return members(entries as Fields);
  if ("tag" in value && inner !== undefined) return nested(inner);
  return String(value);
}

function members(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, nested(each)]));
}
