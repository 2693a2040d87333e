import { failRow, type Batch, type Row, type Transform } from "@millrace/core";

/** A function on all the rows of a batch. It must not change the rows it is given. */
export type BatchFunction = {
  call(rows: readonly Row[], batch: { readonly stream: string }): readonly Row[] | Promise<readonly Row[]>;
}["call"];

/**
 * Calls a function, sync or async, with the rows of each batch; what it returns takes their place. Batches are as large
 * as the source makes them: nothing may depend on where one ends. A function that throws fails the run with MLR_TRANSFORM_FAILED.
 */
export function mapBatch(fn: BatchFunction): Transform {
  const kind = fn.name === "" ? "mapBatch" : `mapBatch ${fn.name}`;
  const finish = (batch: Batch, rows: unknown): Batch => {
    if (Array.isArray(rows) && rows.every(isRow)) return { ...batch, rows, at: indexesOf(rows, batch) };
    throw new TypeError(
      `it returned ${Array.isArray(rows) ? "an array that holds something other than rows" : typeof rows}; return an array of rows`,
    );
  };
  return {
    kind,
    holds: "nothing",
    apply(batch, context) {
      const fail = (error: unknown): Batch => {
        failRow({ kind, stream: batch.stream, row: batch.rows[0] ?? {}, error, onError: "fail", context });
        return batch;
      };
      try {
        const rows = fn(batch.rows, { stream: batch.stream });
        if (!(rows instanceof Promise)) return finish(batch, rows);
        return rows.then((each) => finish(batch, each)).catch(fail);
      } catch (error) {
        return fail(error);
      }
    },
  };
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Rows that went through keep their index; of a new one nobody knows where it came from. */
function indexesOf(rows: readonly Row[], batch: Batch): number[] {
  const known = new Map(batch.rows.map((row, index) => [row, batch.at?.[index] ?? index]));
  const inStep = rows.length === batch.rows.length;
  return rows.map((row, index) => known.get(row) ?? (inStep ? (batch.at?.[index] ?? index) : UNKNOWN));
}

/** See `Batch.at`. */
const UNKNOWN = -1;
