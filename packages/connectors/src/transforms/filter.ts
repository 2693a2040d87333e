import { failRow, RowCollector, type Row, type RowFailureOptions, type Transform } from "@millrace/core";

/** Says whether a row stays. Written as a method's type, so that a function may say more of its parameter. */
export type Predicate = { call(row: Row): unknown }["call"];

/** Keeps the rows for which the function gives something true. Rows it leaves out count nowhere. */
export function filter(keep: Predicate, options: RowFailureOptions = {}): Transform {
  const { onError = "fail" } = options;
  return {
    kind: "filter",
    holds: "nothing",
    apply(batch, context) {
      const out = new RowCollector(batch);
      for (let i = 0; i < batch.rows.length; i++) {
        const row = batch.rows[i] as Row;
        try {
          if (truth(keep(row))) out.push(row, i);
        } catch (error) {
          failRow({ kind: "filter", stream: batch.stream, row, error, onError, context });
        }
      }
      return out.batch();
    },
  };
}

/** A promise is always true, so an async predicate would keep everything. */
function truth(kept: unknown): boolean {
  if (!(kept instanceof Promise)) return Boolean(kept);
  kept.catch(() => undefined);
  throw new TypeError("the function is async; use map(async (row) => ((await keep(row)) ? row : null))");
}
