import { parseJsonExact, type ColumnDefinition, type Row, type TableDefinition } from "@millrace/core";
import { changedFile, columnStore, type SetColumn } from "./column-stores.ts";
import type { WrittenAs } from "./decoder.ts";
import { readText } from "./read-text.ts";

/** Rows of a JSONL file that was written here. */
export async function* decodeJsonl(
  path: string,
  as: WrittenAs,
  columns: TableDefinition["columns"],
): AsyncGenerator<Row[], void, void> {
  const sets = columns.map((column) => ({ name: column.name, set: setter(path, column) }));
  const toRow = (line: string): Row => {
    const object = parsed(path, line);
    const row: Row = {};
    for (const { name, set } of sets) if (Object.hasOwn(object, name)) set(row, object[name]);
    return row;
  };
  let rest = "";
  for await (const text of readText(path, as.compression)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines.map(toRow);
  }
  if (rest !== "") throw changedFile(path, "it ends in the middle of a line");
}

/** `null` in a json column is a JSON value; see `JsonlEncoder`. */
function setter(path: string, column: ColumnDefinition): SetColumn {
  const set = columnStore(path, column, false);
  if (column.type.kind !== "json") return set;
  return (row, value) => {
    if (value === null) row[column.name] = "null";
    else set(row, value);
  };
}

function parsed(path: string, line: string): Record<string, unknown> {
  try {
    const value = parseJsonExact(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw changedFile(path, "a line is not JSON", cause);
  }
  throw changedFile(path, "a line is not a JSON object");
}
