import {
  canonicalText,
  compileStore,
  formatColumnType,
  MillraceError,
  MISFIT,
  parseJsonExact,
  type ColumnType,
} from "@millrace/core";

/** Types whose canonical text is JSON as it stands. */
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

/**
 * Compiles what becomes of a value in storage form (never null) when its column is widened. It goes by the canonical text,
 * which both types share.
 */
export function compileWidening(from: ColumnType, to: ColumnType): (stored: unknown) => unknown {
  if (from.kind === "array" && to.kind === "array") {
    const widen = compileWidening(from.of, to.of);
    return (stored) => (stored as readonly unknown[]).map((each) => (each === null ? null : widen(each)));
  }
  const text = canonicalText(from);
  if (to.kind === "text") return text;
  const store = to.kind === "json" ? compileStore(to) : compileStore(to, { declared: true, untyped: true });
  return (stored) => {
    const given = text(stored);
    const widened = store(to.kind === "json" ? jsonOf(from, given) : given);
    if (widened !== MISFIT) return widened;
    throw new MillraceError(
      "MLR_SCHEMA_MISMATCH",
      `${given} cannot be widened from ${formatColumnType(from)} to ${formatColumnType(to)}`,
      { hint: "Declare the column's type in the option columns, or choose another table." },
    );
  };
}

function jsonOf(from: ColumnType, text: string): unknown {
  if (!AS_JSON.has(from.kind) || /^-?(NaN|Infinity)$/.test(text)) return text;
  return parseJsonExact(text);
}
