import { mapRows, type MapRowsOptions, type RowFunction, type Transform } from "@millrace/core";

/**
 * Calls a function, sync or async, for each row: it returns a row, an array of rows, or null to leave the row out.
 * Async calls run side by side (`concurrency`, default 8), the order is kept. A plain function in `transforms` does the same.
 */
export function map(fn: RowFunction, options: Omit<MapRowsOptions, "kind"> = {}): Transform {
  return mapRows(fn, options);
}
