import type { Batch, ColumnDefinition } from "@millrace/core";

/** What becomes of a column that an earlier transform gave a type: its new name, or undefined where it goes. */
export type ColumnFate = (column: ColumnDefinition) => string | undefined;

/**
 * Carries `Batch.columns` through a transform and adds those that it settles itself. The same columns give the same
 * result object, by which the engine sees that nothing is new.
 */
export function carrySettled(
  fate: ColumnFate,
  added: readonly ColumnDefinition[] = [],
): (batch: Batch) => Pick<Batch, "columns"> {
  const known = new WeakMap<readonly ColumnDefinition[], readonly ColumnDefinition[]>();
  const carry = (columns: readonly ColumnDefinition[]): readonly ColumnDefinition[] => {
    const carried = columns.flatMap((column) => {
      const name = fate(column);
      return name === undefined ? [] : [{ ...column, name }];
    });
    return [...carried, ...added];
  };
  return ({ columns }) => {
    if (columns === undefined) return added.length === 0 ? {} : { columns: added };
    const carried = known.get(columns) ?? carry(columns);
    known.set(columns, carried);
    return { columns: carried };
  };
}
