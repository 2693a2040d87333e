import { type Batch, lendSecrets, type Reason, type Row, type Transform } from "@millrace/core";

/** What a transform did with rows of stream `t`. */
export interface Applied {
  readonly batches: readonly Batch[];
  readonly rejected: readonly { readonly row: Row; readonly reason: Reason }[];
}

/** Sends one batch through a transform, as the engine does. */
export async function apply(
  transform: Transform,
  rows: readonly Row[],
  batch: Partial<Batch> = {},
): Promise<Applied> {
  const rejected: { row: Row; reason: Reason }[] = [];
  const result = await transform.apply(
    { stream: "t", ...batch, rows },
    {
      signal: new AbortController().signal,
      reject: (row, reason) => rejected.push({ row, reason }),
      database: () => Promise.reject(new Error("the test lends no database")),
      ...lendSecrets({}),
    },
  );
  return { batches: Array.isArray(result) ? (result as readonly Batch[]) : [result as Batch], rejected };
}

/** The rows that come out of one batch. */
export async function rowsOf(transform: Transform, rows: readonly Row[]): Promise<readonly Row[]> {
  const { batches } = await apply(transform, rows);
  return batches.flatMap((batch) => batch.rows);
}
