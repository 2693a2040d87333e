import { failRow, MillraceError, type Batch, type Row, type Transform } from "@millrace/core";
import { setColumn } from "./set-column.ts";
import { carrySettled } from "./settled.ts";

/**
 * Gives columns other names: old name → new name; the other columns stay as they are, and so does the order.
 * A row in which a new name is already taken by a column that stays fails the run with MLR_TRANSFORM_FAILED.
 */
export function rename(names: Readonly<Record<string, string>>): Transform {
  const targets = new Map(Object.entries(names));
  checkTargets(targets);
  const renameRow = (row: Row): Row => {
    const renamed: Row = {};
    for (const name in row) setColumn(renamed, targets.get(name) ?? name, row[name]);
    return renamed;
  };
  // A new name that is not itself renamed away must not be there yet, or its value would be lost.
  const free = [...targets.values()].filter((name) => !targets.has(name));
  const settled = carrySettled(({ name }) => targets.get(name) ?? name);
  return {
    kind: "rename",
    holds: "nothing",
    apply(batch, context) {
      for (const row of batch.rows) {
        for (const name of free) {
          if (!Object.hasOwn(row, name) || !wouldCollide(row, name, targets)) continue;
          const error = new Error(`it has a column "${name}" already; pick() or rename() that one too`);
          failRow({ kind: "rename", stream: batch.stream, row, error, onError: "fail", context });
        }
      }
      return { ...batch, ...settled(batch), ...renamedKeys(batch, targets), rows: batch.rows.map(renameRow) };
    },
  };
}

function wouldCollide(row: Row, target: string, targets: ReadonlyMap<string, string>): boolean {
  for (const [from, to] of targets) if (to === target && Object.hasOwn(row, from)) return true;
  return false;
}

function checkTargets(targets: ReadonlyMap<string, string>): void {
  const seen = new Set<string>();
  for (const [from, to] of targets) {
    if (typeof to !== "string" || to === "") {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `rename(): the new name of "${from}" is ${JSON.stringify(to)}`,
      );
    }
    if (seen.has(to))
      throw new MillraceError("MLR_ARGUMENT_INVALID", `rename(): two columns would be named "${to}"`);
    seen.add(to);
  }
}

/** The key columns of a child stream change their names with the rest. */
function renamedKeys(
  { key, parents }: Batch,
  targets: ReadonlyMap<string, string>,
): Pick<Batch, "key" | "parents"> {
  const rename = (name: string): string => targets.get(name) ?? name;
  const renameFields = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [rename(name), value]));
  return {
    ...(key === undefined ? {} : { key: key.map(rename) }),
    ...(parents === undefined
      ? {}
      : {
          parents: { ...parents, columns: parents.columns.map(rename), keys: parents.keys.map(renameFields) },
        }),
  };
}
