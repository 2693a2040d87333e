import { MillraceError, type Row, type Transform } from "@millrace/core";
import { compilePath, parsePath, type Getter } from "./path.ts";
import { carrySettled } from "./settled.ts";

/**
 * Keeps these columns and no others: a list of names, or new name → path such as `$.properties.mag`. What a row does
 * not have is null. Fails with MLR_ARGUMENT_INVALID where a path cannot be read.
 */
export function pick(columns: readonly string[] | Readonly<Record<string, string>>): Transform {
  const pairs = isList(columns) ? columns.map((name) => [name, name] as const) : Object.entries(columns);
  if (pairs.length === 0) throw new MillraceError("MLR_ARGUMENT_INVALID", "pick() was given no columns");
  const names = pairs.map(([name]) => name);
  const getters = pairs.map(([, path]) => compilePath(path));
  const build = builder(names, getters);
  const newNames = new Map(pairs.map(([name, path]) => [plainColumn(path), name]));
  const settled = carrySettled((column) => newNames.get(column.name));
  return {
    kind: "pick",
    holds: "nothing",
    apply: (batch) => ({ ...batch, ...settled(batch), rows: batch.rows.map(build) }),
  };
}

function isList(columns: readonly string[] | Readonly<Record<string, string>>): columns is readonly string[] {
  return Array.isArray(columns);
}

/** The column that a path takes as a whole, if it is one. */
function plainColumn(path: string): string | undefined {
  if (!path.startsWith("$")) return path;
  const [column, ...rest] = parsePath(path);
  return rest.length === 0 && typeof column === "string" ? column : undefined;
}

function builder(names: readonly string[], getters: readonly Getter[]): (row: Row) => Row {
  // Copying an object with all the names gives every row the same hidden class, which makes the rows quick to write and read.
  const template: Row = Object.fromEntries(names.map((name) => [name, null]));
  const count = names.length;
  return (row) => {
    const picked: Row = { ...template };
    for (let i = 0; i < count; i++) picked[names[i] as string] = (getters[i] as Getter)(row);
    return picked;
  };
}
