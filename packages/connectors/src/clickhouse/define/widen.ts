import {
  canonicalText,
  compileStore,
  formatColumnType,
  MillraceError,
  MISFIT,
  parseJsonExact,
  sameType,
  type ColumnDefinition,
  type ColumnType,
  type Row,
} from "@millrace/core";

/** Turns a value in storage form of one type into that of a wider type. Never given null. */
type Widening = (stored: unknown) => unknown;

/** Compiles what makes rows of the wider columns of rows of the narrower ones; the row is changed in place. */
export function compileRowWidening(
  from: readonly ColumnDefinition[],
  to: readonly ColumnDefinition[],
): (row: Row) => Row {
  const steps: [string, Widening][] = [];
  for (const column of to) {
    const before = from.find(({ name }) => name === column.name);
    if (before === undefined || sameType(before.type, column.type)) continue;
    steps.push([column.name, compileWidening(before.type, column.type)]);
  }
  return (row) => {
    for (const [name, widen] of steps) {
      const value = Object.hasOwn(row, name) ? row[name] : null;
      if (value !== null && value !== undefined) row[name] = widen(value);
    }
    return row;
  };
}

/** Goes by the canonical text, which is the same in both types: that is what widening without a change of hashes means. */
function compileWidening(from: ColumnType, to: ColumnType): Widening {
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

/** Types whose texts are JSON as they stand. */
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
