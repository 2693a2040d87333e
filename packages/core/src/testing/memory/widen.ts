import { MillraceError } from "../../errors.ts";
import { canonicalText } from "../../hash/canonical.ts";
import { parseJsonExact } from "../../hash/json-exact.ts";
import type { ColumnType } from "../../schema/column-type.ts";
import { MISFIT } from "../../schema/misfit.ts";
import { compileStore } from "../../schema/store.ts";
import { formatColumnType } from "../../schema/type-text.ts";

/** Turns a value in storage form of one type into that of a wider type. Never given null. */
export type Widening = (stored: unknown) => unknown;

/** Goes by the canonical text, which is the same in both types: that is what widening without a change of hashes means. */
export function compileWidening(from: ColumnType, to: ColumnType): Widening {
  if (from.kind === "array" && to.kind === "array") {
    const widen = compileWidening(from.of, to.of);
    return (stored) => (stored as readonly unknown[]).map((each) => (each === null ? null : widen(each)));
  }
  const text = canonicalText(from);
  const store = compileStore(to, { declared: true, untyped: true });
  const toJson = compileStore({ kind: "json" });
  return (stored) => {
    const widened = to.kind === "json" ? toJson(jsonOf(from, text(stored))) : store(text(stored));
    if (widened !== MISFIT) return widened;
    throw new MillraceError(
      "MLR_INTERNAL",
      `${text(stored)} cannot be widened from ${formatColumnType(from)} to ${formatColumnType(to)}`,
    );
  };
}

const AS_JSON: ReadonlySet<string> = new Set([
  "boolean",
  "smallint",
  "integer",
  "bigint",
  "numeric",
  "real",
  "double",
  "array",
]);

function jsonOf(from: ColumnType, text: string): unknown {
  if (!AS_JSON.has(from.kind) || /^-?(NaN|Infinity)$/.test(text)) return text;
  return parseJsonExact(text);
}
