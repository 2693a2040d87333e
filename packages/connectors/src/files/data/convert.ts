import {
  canonicalText,
  compileStore,
  MillraceError,
  MISFIT,
  parseJsonExact,
  sameType,
  type ColumnDefinition,
  type ColumnType,
  type Row,
} from "@millrace/core";

/** Turns rows of one set of columns into those of a wider one. */
export type ConvertRow = (row: Row) => Row;

/** Rows whose columns need no change come back as the same objects. */
export function compileConversion(
  from: readonly ColumnDefinition[],
  to: readonly ColumnDefinition[],
): ConvertRow {
  const changed = from.flatMap(({ name, type }) => {
    const target = to.find((column) => column.name === name);
    return target === undefined || sameType(type, target.type)
      ? []
      : [{ name, widen: widening(type, target.type) }];
  });
  if (changed.length === 0) return (row) => row;
  return (row) => {
    const values: Row = { ...row };
    for (const { name, widen } of changed) {
      const value: unknown = Object.hasOwn(row, name) ? row[name] : null;
      if (value !== null && value !== undefined) values[name] = widen(value);
    }
    return values;
  };
}

type Widening = (stored: unknown) => unknown;

/** Goes by the canonical text, which is the same in both types: that is what widening without a change of hashes means. */
function widening(from: ColumnType, to: ColumnType): Widening {
  if (from.kind === "array" && to.kind === "array") {
    const widen = widening(from.of, to.of);
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
      `${text(stored)} cannot be widened from ${from.kind} to ${to.kind}`,
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
