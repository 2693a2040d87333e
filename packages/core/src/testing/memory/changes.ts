import { fieldChanges } from "../../audit/field-changes.ts";
import type { RowChange, RunMoment, RunPair } from "../../audit/row-change.ts";
import { MillraceError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import type { StoredRow, TableState } from "./store.ts";
import { keyText, textOf } from "./values.ts";

/** What changed in a table from the end of one run to the end of another, by key. */
export async function* tableChanges(table: TableState, { from, to }: RunPair): AsyncGenerator<RowChange> {
  if (table.definition.mode !== "merge") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `table "${table.definition.name}" is not merged into, so it keeps no old versions`,
    );
  }
  const before = stateAt(table, momentOf(table, from));
  const after = stateAt(table, momentOf(table, to));
  for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const [old, now] = [before.get(key), after.get(key)];
    const fields = fieldChanges(old, now);
    if (Object.keys(fields).length === 0) continue;
    yield {
      key: Object.fromEntries(table.definition.key.map((name) => [name, (now ?? old)?.[name] ?? null])),
      operation: old === undefined ? "insert" : now === undefined ? "remove" : "update",
      fields,
    };
  }
}

/** Rows by the text of their key, as they were at a time in ms since 1970. */
function stateAt(table: TableState, at: number): Map<string, Record<string, Json>> {
  const { definition, rows, history } = table;
  const state = new Map<string, Record<string, Json>>();
  const put = ({ values, loadedAt }: StoredRow, until: number): void => {
    if (loadedAt > at || until <= at) return;
    const texts = definition.columns.map(({ name }) => [name, textOf(definition, values, name)]);
    state.set(keyText(definition, values, definition.key), Object.fromEntries(texts) as Record<string, Json>);
  };
  for (const { row, archivedAt } of history) put(row, archivedAt);
  for (const row of rows.values()) put(row, Infinity);
  return state;
}

/** When the run changed the table last. */
function momentOf({ rows, history, definition }: TableState, { run, endedAt }: RunMoment): number {
  const times = [
    ...[...rows.values(), ...history.map(({ row }) => row)].flatMap((row) =>
      row.run === run ? [row.loadedAt] : [],
    ),
    ...history.flatMap(({ archivedRun, archivedAt }) => (archivedRun === run ? [archivedAt] : [])),
  ];
  if (times.length > 0) return Math.max(...times);
  if (endedAt !== undefined) return Date.parse(endedAt);
  throw new MillraceError(
    "MLR_RUN_NOT_FOUND",
    `run ${run} changed nothing in table "${definition.name}", and when it ended is not known`,
  );
}
