import type { ColumnType } from "@millrace/core";
import type { KeptColumn } from "../../shared/relational/index.ts";
import { codecFor } from "./codecs.ts";

/** Exact numbers, each holding all values of those before it, with the digits that it has before the point. */
const EXACT: readonly string[] = ["smallint", "integer", "bigint"];
const DIGITS: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };

/**
 * Whether ALTER COLUMN turns each value into exactly the one that the new column keeps. It converts by itself whatever has
 * one way of being written in both types: whole numbers into wider numbers and into text, real into float, text into text.
 */
export function convertsInPlace(from: KeptColumn, to: KeptColumn): boolean {
  if (isText(from) && isText(to)) return true;
  if (from.form === "text" || from.type.kind === "array") return false;
  const kind = from.type.kind;
  if (isText(to)) return EXACT.includes(kind) || isWhole(from.type);
  if (to.form === "text") return false;
  if (to.type.kind === "json") return EXACT.includes(kind);
  if (to.type.kind === "numeric") return widensToNumeric(from.type, to.type);
  if (EXACT.includes(kind)) {
    return (
      EXACT.indexOf(to.type.kind) > EXACT.indexOf(kind) || (to.type.kind === "double" && kind !== "bigint")
    );
  }
  if (kind === "real") return to.type.kind === "double";
  return kind === "date" && to.type.kind === "timestamp";
}

/** An expression with the same values as the new column keeps them; undefined where SQL Server cannot write them so. */
export function convert(expression: string, from: KeptColumn, to: KeptColumn): string | undefined {
  if (convertsInPlace(from, to)) {
    const type = sqlTypeOf(to);
    return type === undefined ? undefined : `CAST(${expression} AS ${type})`;
  }
  if (from.form === "text") return undefined;
  const asText = isText(to) || (to.form === "text" && sameKind(from.type, to.type));
  switch (from.type.kind) {
    case "boolean":
      return asText || to.type.kind === "json"
        ? `CASE ${expression} WHEN 1 THEN N'true' WHEN 0 THEN N'false' END`
        : undefined;
    case "date":
      return asText ? `CONVERT(nvarchar(10), ${expression}, 23)` : undefined;
    case "uuid":
      return asText ? `LOWER(CONVERT(nvarchar(36), ${expression}))` : undefined;
    case "bytea":
      return asText ? `N'\\x' + LOWER(CONVERT(nvarchar(max), ${expression}, 2))` : undefined;
    default:
      return undefined;
  }
}

/** A column of type text; what else is kept as text has texts of its own. */
function isText({ type }: KeptColumn): boolean {
  return type.kind === "text";
}

function sameKind(a: ColumnType, b: ColumnType): boolean {
  return a.kind === b.kind;
}

/** A decimal without a point, which is written as it is. */
function isWhole(type: ColumnType): boolean {
  return type.kind === "numeric" && type.precision !== undefined && (type.scale ?? 0) === 0;
}

function widensToNumeric(from: ColumnType, to: ColumnType): boolean {
  if (to.kind !== "numeric") return false;
  const room = digitsOf(to);
  const needed =
    from.kind === "numeric" ? digitsOf(from) : { integer: DIGITS[from.kind] ?? Infinity, scale: 0 };
  return (
    room !== undefined && needed !== undefined && needed.integer <= room.integer && needed.scale <= room.scale
  );
}

/** Digits before and after the point; undefined for what is no decimal of SQL Server. */
function digitsOf(type: ColumnType): { integer: number; scale: number } | undefined {
  const parts = /^decimal\((\d+),(\d+)\)$/.exec(codecFor(type, { keyColumns: 0 })?.sqlType ?? "");
  if (parts === null) return undefined;
  const scale = Number(parts[2]);
  return { integer: Number(parts[1]) - scale, scale };
}

/** Without the collation, which CAST does not take. */
function sqlTypeOf({ type, place }: KeptColumn): string | undefined {
  return codecFor(type, place)?.sqlType.replace(/ COLLATE .*/, "");
}
