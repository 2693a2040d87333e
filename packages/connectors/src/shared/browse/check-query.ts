import { BROWSE_LIMIT, type BrowseQuery, MillraceError, nearest } from "@millrace/core";

/** Conditions of one query. */
const MAX_FILTERS = 20;

/**
 * Fails with MLR_ARGUMENT_INVALID where a query names a column that there is not, a condition lacks its value or has one
 * too many, or the limit is out of bounds.
 */
export function checkBrowseQuery(table: string, columns: readonly string[], query: BrowseQuery): void {
  const { filters = [], sort, limit } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > BROWSE_LIMIT) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `limit is ${limit}, and has to be 1 to ${BROWSE_LIMIT}`);
  }
  if (filters.length > MAX_FILTERS) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `there are ${filters.length} conditions, and at most ${MAX_FILTERS} may be`,
    );
  }
  const named = [...filters.map(({ column }) => column), ...(sort === undefined ? [] : [sort.column])];
  for (const name of named) if (!columns.includes(name)) throw noColumn(table, name, columns);
  for (const { column, operator, value } of filters) {
    const alone = operator === "null" || operator === "not null";
    if (alone !== (value === undefined)) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `the condition "${operator}" on column "${column}" ${alone ? "takes no" : "needs a"} value`,
      );
    }
    if (value?.includes("\0") === true) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `the value for column "${column}" has a NUL character`);
    }
  }
}

function noColumn(table: string, name: string, columns: readonly string[]): MillraceError {
  const guess = nearest(name, columns);
  return new MillraceError("MLR_ARGUMENT_INVALID", `table "${table}" has no column "${name}"`, {
    hint:
      guess === undefined ? `Its columns: ${columns.slice(0, 50).join(", ")}.` : `Did you mean "${guess}"?`,
    details: { table, column: name },
  });
}
