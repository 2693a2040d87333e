import type { ColumnType, ScalarKind, ScalarType } from "./column-type.ts";
import { sameType } from "./type-text.ts";

/** Exact numbers, each holding all values of those before it. */
const EXACT: readonly ScalarKind[] = ["smallint", "integer", "bigint", "numeric"];
/** Exact numbers that a double holds as well. */
const IN_DOUBLE: readonly ScalarKind[] = ["smallint", "integer"];

/**
 * The narrowest type that holds the values of both, so that each keeps its canonical text: integer → bigint → numeric,
 * integer + double → double, bigint or numeric + double → numeric, date + timestamp → timestamp, anything + json → json, and
 * text for all else. The order of joining does not matter.
 */
export function joinTypes(a: ColumnType, b: ColumnType): ColumnType {
  if (sameType(a, b)) return a;
  if (a.kind === "array" && b.kind === "array") return joinElements(a.of, b.of);
  if (a.kind === "json" || b.kind === "json" || a.kind === "array" || b.kind === "array")
    return { kind: "json" };
  return { kind: joinKinds(a.kind, b.kind) };
}

function joinElements(a: ScalarType, b: ScalarType): ColumnType {
  const element = joinTypes(a, b);
  return element.kind === "array" ? { kind: "json" } : { kind: "array", of: element };
}

function joinKinds(a: ScalarKind, b: ScalarKind): ScalarKind {
  // Two numerics of different precision come here too.
  if (a === b) return a;
  if (isNumber(a) && isNumber(b)) return joinNumbers(a, b);
  if (isDay(a) && isDay(b)) return "timestamp";
  return "text";
}

function joinNumbers(a: ScalarKind, b: ScalarKind): ScalarKind {
  if (isFloat(a) && isFloat(b)) return "double";
  if (!isFloat(a) && !isFloat(b)) return EXACT[Math.max(EXACT.indexOf(a), EXACT.indexOf(b))] ?? "numeric";
  return IN_DOUBLE.includes(isFloat(a) ? b : a) ? "double" : "numeric";
}

function isNumber(kind: ScalarKind): boolean {
  return EXACT.includes(kind) || isFloat(kind);
}

function isFloat(kind: ScalarKind): boolean {
  return kind === "real" || kind === "double";
}

function isDay(kind: ScalarKind): boolean {
  return kind === "date" || kind === "timestamp";
}
