import { MillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import { inferType } from "../schema/infer.ts";
import { describeMisfit, MISFIT } from "../schema/misfit.ts";
import { compileStore } from "../schema/store.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { canonicalText } from "./canonical.ts";
import { RowWriter } from "./row-writer.ts";
import { hash } from "node:crypto";

/**
 * The row hash (SHA-256, hex) of any row, as `merge` compares it; see docs/reference/row-hash.md. With `columns`, only these
 * count, and values are converted to their types; otherwise each value counts as what it would be inferred as.
 * Fails with MLR_ROW_INVALID where a value cannot be stored.
 */
export function hashRow(row: Row, columns?: readonly ColumnDefinition[]): string {
  const used = columns ?? inferColumns(row);
  return hash("sha256", new RowWriter(used).write(storeRow(row, used)), "hex");
}

/**
 * Names of the fields that differ between two versions of a row, sorted: those whose canonical texts differ. Missing and
 * null are the same. `columns` as in `hashRow`, which also fails alike.
 */
export function diffRows(before: Row, after: Row, columns?: readonly ColumnDefinition[]): string[] {
  const old = canonicalFields(before, columns ?? inferColumns(before));
  const now = canonicalFields(after, columns ?? inferColumns(after));
  const names = new Set([...old.keys(), ...now.keys()]);
  return [...names].filter((name) => old.get(name) !== now.get(name)).sort();
}

function inferColumns(row: Row): ColumnDefinition[] {
  const columns: ColumnDefinition[] = [];
  for (const [name, value] of Object.entries(row)) {
    const type = inferType(value);
    if (type !== undefined) columns.push({ name, type });
  }
  return columns;
}

function storeRow(row: Row, columns: readonly ColumnDefinition[]): Row {
  return Object.fromEntries(columns.map((column) => [column.name, storeField(row, column)]));
}

function storeField(row: Row, column: ColumnDefinition): unknown {
  const value = Object.hasOwn(row, column.name) ? row[column.name] : null;
  const stored = compileStore(column.type, { declared: true })(value);
  if (stored !== MISFIT) return stored;
  throw new MillraceError(
    "MLR_ROW_INVALID",
    `column "${column.name}": ${describeMisfit(value, column.type)}`,
    {
      details: { column: column.name },
    },
  );
}

function canonicalFields(row: Row, columns: readonly ColumnDefinition[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const column of columns) {
    const stored = storeField(row, column);
    if (stored === null) continue;
    fields.set(column.name, canonicalText(column.type, column.unordered ?? false)(stored));
  }
  return fields;
}
