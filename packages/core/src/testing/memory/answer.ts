import { MillraceError } from "../../errors.ts";
import type { TableAnswer, TableInquiry } from "../../quality/table-question.ts";
import type { Row } from "../../row.ts";
import type { TableDefinition } from "../../schema/table.ts";
import { qualifiedName, type Store, type TableState } from "./store.ts";
import { keyText, textOf } from "./values.ts";

/** Answers a question about a table of the store; undefined where it has none of that name. */
export function answer(
  store: Store,
  { table: place, question, samples }: TableInquiry,
): TableAnswer | undefined {
  const table = store.tables.get(qualifiedName(place));
  if (table === undefined) return undefined;
  const rows = currentRows(table);
  switch (question.ask) {
    case "count":
      return { count: rows.length, samples: [] };
    case "newest":
      return newest(table.definition, rows, question.column);
    case "duplicates": {
      const found = duplicates(table.definition, rows, question.columns);
      return { count: found.length, samples: sampled(table.definition, found, question.columns, samples) };
    }
    case "orphans": {
      const { references, columns } = question;
      const others = otherTable(store, { namespace: place.namespace, ...references });
      const known = new Set(
        [...others.rows.values()].map(({ values }) => texts(others.definition, values, references.columns)),
      );
      const found = rows.filter(
        (row) => complete(row, columns) && !known.has(texts(table.definition, row, columns)),
      );
      return { count: found.length, samples: sampled(table.definition, found, columns, samples) };
    }
    case "sql":
      throw new MillraceError("MLR_INTERNAL", "the memory destination has no SQL");
  }
}

/** Of a table of snapshots, the rows of the last one. */
function currentRows({ rows, definition }: TableState): Row[] {
  const all = [...rows.values()];
  if (definition.mode !== "snapshot") return all.map(({ values }) => values);
  const last = all.reduce((newest, { snapshot = "" }) => (snapshot > newest ? snapshot : newest), "");
  return all.filter(({ snapshot = "" }) => snapshot === last).map(({ values }) => values);
}

function otherTable(
  store: Store,
  references: { readonly table: string; readonly namespace: string | undefined },
): TableState {
  const { table: name, namespace } = references;
  const found = store.tables.get(qualifiedName({ name, ...(namespace === undefined ? {} : { namespace }) }));
  if (found !== undefined) return found;
  throw new MillraceError("MLR_TABLE_NOT_FOUND", `there is no table "${name}"`);
}

function duplicates(table: TableDefinition, rows: readonly Row[], columns: readonly string[]): Row[] {
  const compared = rows.filter((row) => complete(row, columns));
  const groups = Map.groupBy(compared, (row) => texts(table, row, columns));
  return [...groups.values()].filter((group) => group.length > 1).flat();
}

function newest(table: TableDefinition, rows: readonly Row[], column: string): TableAnswer {
  const found = rows.flatMap((row) => textOf(table, row, column) ?? []).toSorted();
  const last = found.at(-1);
  if (last === undefined) return { count: 0, newest: null, samples: [] };
  const text = last.includes("T") && !last.endsWith("Z") ? `${last}Z` : last;
  return { count: found.length, newest: new Date(text).toISOString(), samples: [] };
}

function complete(row: Row, columns: readonly string[]): boolean {
  return columns.every((column) => (row[column] ?? null) !== null);
}

function texts(table: TableDefinition, row: Row, columns: readonly string[]): string {
  return keyText(table, row, columns);
}

function sampled(
  table: TableDefinition,
  rows: readonly Row[],
  columns: readonly string[],
  most: number,
): TableAnswer["samples"] {
  const names = [...new Set([...table.key, ...columns])];
  return rows
    .slice(0, most)
    .map((row) => Object.fromEntries(names.map((name) => [name, textOf(table, row, name)])));
}
